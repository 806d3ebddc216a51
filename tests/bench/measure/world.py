"""The servers of a measurement, with stated settings, and what the operating system says of processes."""

import os
import subprocess
import time
from pathlib import Path

import psycopg
from harness.servers import ROOT, Servers

BENCH = ROOT / "tests" / "bench"
TOOLS = ROOT / "build" / "bench" / "bin"  # where tests/bench/run-* build everything
PROGRAMS = ROOT / os.environ.get("HOSO_BUILD", "build/bench") / "bin"  # hoso's own; another build on wish
TICK = os.sysconf("SC_CLK_TCK")

# What an operator would set on a machine of this size; everything that protects data is on. Checkpoints are asked for between
# the runs and do not come by themselves inside one. Segments of the log are kept and used again (min_wal_size): to fill a new one with
# zeros holds every COMMIT up for a tenth of a second.
SETTINGS = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "1GB", "max_wal_size": "16GB", "min_wal_size": "2GB",
    "checkpoint_timeout": "1h", "jit": "off", "work_mem": "64MB", "autovacuum": "on",
    "track_commit_timestamp": "on",
}


class World:
    """Kafka and PostgreSQL: those of HOSO_TEST_SERVERS where given (they stay), else of its own."""

    def __init__(self):
        self.servers = Servers()
        self.brokers = self.servers.brokers
        with self.connect("postgres") as admin:
            now = {name: admin.execute(f"SHOW {name}").fetchone()[0] for name in SETTINGS}
            for name, value in SETTINGS.items():
                admin.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        if now != SETTINGS:
            self.servers.pg_restart()
        env = (self.servers.directory / "env").read_text()
        self.postmaster = int(next(line for line in env.splitlines() if line.startswith("HOSO_POSTGRES_PID=")).split("=")[1])

    def connect(self, database, **options):
        return psycopg.connect(self.servers.conninfo(database), autocommit=True, **options)

    def recreate(self, database):
        with self.connect("postgres") as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {database}")

    def settle(self):
        """Nothing of the last run is left to be written."""
        with self.connect("postgres") as admin:
            admin.execute("CHECKPOINT")

    def jdbc(self, database):
        """(url, user, password) for Java."""
        words = dict(word.split("=", 1) for word in self.servers.conninfo(database).split())
        password = Path(words["passfile"]).read_text().rstrip("\n").rsplit(":", 1)[1]
        return f"jdbc:postgresql://{words['host']}:{words['port']}/{database}", words["user"], password

    def pg_cpu_s(self):
        """CPU seconds of PostgreSQL since it started, those of ended backends too."""
        own = stat(self.postmaster)
        return (sum(own[11:15]) + sum(sum(stat(pid)[11:13]) for pid in children(self.postmaster))) / TICK

    def stop(self):
        self.servers.stop()


def stat(pid):
    """The fields of /proc/PID/stat after the name, as integers: [11] utime, [12] stime, [13] and [14] of reaped children."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return [0] * 52
    return [0] + [int(word) if word.lstrip("-").isdigit() else 0 for word in words[1:]]


def children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_s(pid):
    """Of a process, its threads and its living children."""
    return (sum(stat(pid)[11:13]) + sum(sum(stat(child)[11:13]) for child in children(pid))) / TICK


def peak_rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def load():
    """Runnable threads of the machine in the last minute: says whether a measurement was disturbed."""
    return float(Path("/proc/loadavg").read_text().split()[0])


def machine():
    model = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name"))
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    return f"{os.cpu_count()} x {model}, {memory} GB, Linux {os.uname().release.split('-')[0]}"


def hoso(world, database, topic, *arguments, programs=TOOLS, timeout_s=1200):
    """Runs one command of the `hoso` program; its standard error. programs: the folder that holds it."""
    environment = {**os.environ, "LANG": "en_US.UTF-8", "HOSO_KAFKA_BROKERS": world.brokers,
                   "HOSO_KAFKA_EVENTS_TOPIC": topic, "HOSO_KAFKA_DLQ_TOPIC": f"{topic}.dlq",
                   "HOSO_KAFKA_ALERTS_TOPIC": f"{topic}.alerts",
                   "HOSO_POSTGRES_CONNINFO": world.servers.conninfo(database)}
    done = subprocess.run([programs / "hoso", *map(str, arguments)], env=environment, capture_output=True, text=True,
                          timeout=timeout_s, check=False)
    if done.returncode:
        raise RuntimeError(f"hoso {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stderr


def poll(condition, what, deadline_s, every_s=0.02):
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{deadline_s} s passed before: {what}")
        time.sleep(every_s)
    return value
