"""Runs a command so many times through Dask distributed on this machine: dask_run.py JOBS CORES COMMAND."""
import subprocess
import sys

from distributed import Client

if __name__ == "__main__":
    jobs, cores, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with Client(n_workers=cores, threads_per_worker=1, dashboard_address=None) as client:
        codes = client.gather(client.map(lambda _: subprocess.run([command]).returncode, range(jobs), pure=False))
    sys.exit(max(codes))
