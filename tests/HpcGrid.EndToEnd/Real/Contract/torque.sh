# For shim.sh: the answers of Torque's front ends over Slurm.
. "$answers/slurm.sh"
job='Job Id:\t%d\n\tJob_Name = %s\n\tjob_state = R\n\n'
foreign() { sed 's/job_state = ./job_state = Ü/'; }
nothing() {
    echo "$name: Unknown Job Id" >&2
    return 153
}
