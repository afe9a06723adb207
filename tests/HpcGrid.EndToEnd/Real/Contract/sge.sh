# For shim.sh: Grid Engine's answers.
job='<job_list state="running"><JB_job_number>%d</JB_job_number><JB_name>%s</JB_name><state>r</state></job_list>\n' behind='<\/queue_info>'
foreign() { sed 's/<state>[a-zA-Z]*</<state>läuft</'; }
nothing() {
    case $name in
    qstat) echo "<?xml version='1.0'?><job_info><queue_info></queue_info><job_info></job_info></job_info>" ;;
    qdel) echo 'denied: job "1" does not exist'; return 1 ;;
    *) echo 'error: job 1 not found' >&2; return 1 ;;
    esac
}
# A port of nobody.
away() { export SGE_QMASTER_PORT=16443; }
