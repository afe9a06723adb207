# For shim.sh: Slurm's answers. `job` is a line of somebody's job; `behind` finds where it stands in an answer, and empty is at its end.
job='%d|%s|RUNNING|None\n' behind=
foreign() { sed 's/|RUNNING|/|läuft|/'; }
nothing() {
    case $name in
    squeue) return 0 ;;
    scancel) echo 'scancel: error: Kill job error on job id 1: Invalid job id specified' >&2; return 1 ;;
    *) echo 'Slurm accounting storage is disabled' >&2; return 1 ;;
    esac
}
# The port after the controller's own: nobody listens there.
away() {
    sed 's/^SlurmctldHost=.*/&\nSlurmctldPort=6816/' "$SLURM_CONF" > "$here/away.conf"
    export SLURM_CONF="$here/away.conf"
}
