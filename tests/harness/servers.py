"""The private Kafka and PostgreSQL of a test session, through deploy/servers."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Servers:
    """brokers: bootstrap address. conninfo(database): libpq connection string. All methods return when it is done."""

    def __init__(self):
        given = os.environ.get("HOSO_TEST_SERVERS")
        self.owned = given is None
        self.directory = Path(given or tempfile.mkdtemp(prefix="hoso-tests-", dir="/tmp"))
        if self.owned:
            self._run("up")
        env = dict(word.split("=", 1) for word in shlex.split((self.directory / "env").read_text()))
        self.brokers = env["HOSO_KAFKA_BROKERS"]
        self._conninfo = env["HOSO_POSTGRES_CONNINFO"]

    def conninfo(self, database="postgres"):
        return self._conninfo.replace("dbname=hoso", f"dbname={database}")

    def kafka_kill(self):
        self._run("kafka-kill")

    def kafka_start(self):
        self._run("kafka-start")

    def pg_kill(self):
        self._run("pg-kill")

    def pg_start(self):
        self._run("pg-start")

    def pg_restart(self):
        self._run("pg-restart")

    def stop(self):
        if self.owned:
            self._run("down")
            shutil.rmtree(self.directory, ignore_errors=True)

    def log_marks(self):
        """Where the logs end now; log_since(marks) gives what came later."""
        return {name: _size(self.directory / name) for name in ("kafka.log", "postgres.log")}

    def log_since(self, marks, lines=40):
        texts = {}
        for name, start in marks.items():
            path = self.directory / name
            if _size(path) < start:  # Kafka's log begins anew with each start
                start = 0
            with path.open("rb") as file:
                file.seek(start)
                text = file.read().decode(errors="replace").splitlines()
            texts[name] = "\n".join(line for line in text if " INFO " not in line and "LOG: " not in line)
            texts[name] = "\n".join(texts[name].splitlines()[-lines:])
        return texts

    def _run(self, verb):
        done = subprocess.run([ROOT / "deploy" / "servers", verb, self.directory], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, f"deploy/servers {verb}: exit code {done.returncode}\n{done.stdout}"


def _size(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
