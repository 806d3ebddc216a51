"""One running hoso-* program."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

from harness.wait import wait_until

SANITIZER_REPORT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:")


class ServiceFailed(AssertionError):
    """A program ended otherwise than it should have."""


class Service:
    """start() returns when the listener is open. `process` is None while it does not run."""

    def __init__(self, program, section, config, folder, label=None, environment=None):
        self.program, self.section = program, section
        self.label = label or section  # of its files; two of one kind differ here
        self.config, self.folder = config, folder
        self.environment = dict(environment or {})
        self.process = None
        self.port = None

    # ---- life ----

    def start(self, overrides=None, crash_at=None, wait=True):
        """overrides {"aggregator.batch_max": "1"} become --set flags. wait=False: do not wait for the listener."""
        assert self.process is None, f"{self.label} runs already"
        port_file = self.folder / f"{self.label}.port"
        port_file.unlink(missing_ok=True)
        command = ["setpriv", "--pdeathsig", "KILL", "--", self.program, "-c", self.config,
                   "--set", f"{self.section}.listen=127.0.0.1:0", "--set", f"{self.section}.port_file={port_file}"]
        for name, value in (overrides or {}).items():
            command += ["--set", f"{name}={value}"]
        environment = {**os.environ, **self.environment}
        environment.pop("HOSO_CRASH_AT", None)
        if crash_at:
            environment["HOSO_CRASH_AT"] = crash_at
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        if wait:
            wait_until(lambda: self._ended() or port_file.read_text().endswith("\n"), f"{self.label} listens")
            if self._ended():
                code, self.process = self.process.returncode, None
                raise ServiceFailed(f"{self.label} ended at once with code {code}\n{self.log()}")
            self.port = int(port_file.read_text())
        return self

    def kill(self):
        """kill -9, and reaped."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def terminate(self, deadline_s=20.0):
        """SIGTERM; must end well and in time."""
        self.process.send_signal(signal.SIGTERM)
        self.expect_exit(0, deadline_s)

    def restart(self, overrides=None):
        self.terminate()
        return self.start(overrides)

    def wait_crash(self, deadline_s=60.0):
        """Waits until its crash point has killed it."""
        self.expect_exit(-signal.SIGKILL, deadline_s)

    def expect_exit(self, code, deadline_s=30.0):
        process, self.process = self.process, None
        try:
            process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServiceFailed(f"{self.label} did not end within {deadline_s:g} s\n{self.log()}") from None
        if process.returncode != code or SANITIZER_REPORT.search(self.log()):
            raise ServiceFailed(f"{self.label} ended with code {process.returncode}, not {code}\n{self.log()}")

    def stop(self):
        """For clean-up: terminates what runs; what had ended by itself is an error."""
        if self.process is not None:
            if self._ended():
                code, self.process = self.process.returncode, None
                raise ServiceFailed(f"{self.label} ended by itself with code {code}\n{self.log()}")
            self.terminate()

    def _ended(self):
        return self.process.poll() is not None

    # ---- what it says ----

    @property
    def log_path(self):
        return self.folder / f"{self.label}.log"

    def log(self, last_bytes=20000):
        try:
            return self.log_path.read_bytes()[-last_bytes:].decode(errors="replace")
        except FileNotFoundError:
            return ""

    def request(self, path, body=None, headers=None, method=None, timeout_s=60.0):
        """(status, body bytes, headers); an HTTP error status is an answer like any other."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers or {},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def ready(self):
        """(true/false, reasons) of /readyz."""
        status, body, _ = self.request("/readyz")
        return status == 200, json.loads(body)["reasons"]

    def wait_ready(self, deadline_s=60.0):
        wait_until(lambda: self.ready()[0], f"{self.label} is ready", deadline_s)
        return self

    def metrics(self):
        """{'hoso_x_total{reason="y"}': 3} of /metrics."""
        _, body, _ = self.request("/metrics")
        pairs = (line.rsplit(" ", 1) for line in body.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}
