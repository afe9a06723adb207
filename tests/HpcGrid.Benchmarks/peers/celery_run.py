"""Runs a command so many times through Celery with Redis as broker and store of results: celery_run.py JOBS CORES COMMAND."""
import os
import subprocess
import sys
import time

from celery import Celery, group

broker = f"redis+socket://{os.getcwd()}/redis.socket"
app = Celery("celery_run", broker=broker, backend=broker)


@app.task
def run(command):
    return subprocess.run([command]).returncode


def collect(jobs, command):
    return group(run.s(command) for _ in range(jobs)).apply_async().get()


if __name__ == "__main__":
    jobs, cores, command = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", "redis.socket", "--appendonly", "yes"], stdout=subprocess.DEVNULL)
    while not os.path.exists("redis.socket"):
        time.sleep(0.01)
    worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "celery_run", "worker", "-c", cores, "-l", "ERROR"])
    try:
        codes = collect(jobs, command)
    finally:
        worker.terminate()
        worker.wait()
        redis.terminate()
        redis.wait()
    sys.exit(max(codes))
