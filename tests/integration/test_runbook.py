"""The examples of deploy/runbook/ingest.md, as they stand there."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

RUNBOOK = Path(__file__).resolve().parents[2] / "deploy" / "runbook" / "ingest.md"


def examples():
    """The indented blocks of the sections on sending, as one script."""
    text = RUNBOOK.read_text()
    sending = text[text.index("## 2."):text.index("## 4.")]
    return "\n".join(line[4:] for line in sending.splitlines() if line.startswith("    "))


def test_every_example_works(site):
    key = "hoso_motcua1_bi mat thu nghiem"
    for name, value in {"source": "motcua", "sha256": hashlib.sha256(key.encode()).hexdigest(), "expires": "2099-06-30",
                        "units": "H24.11713", "kinds": "record,progress", "rate": "200"}.items():
        site.set("key.motcua1", name, value)
    ingest = site.start("ingest")
    script = examples()
    assert script.count("curl ") == 7
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "URL": f"http://127.0.0.1:{ingest.port}", "KEY": key})
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r'"error_code":"0","message"', done.stdout)) == 5, done.stdout
    assert sorted(event.value["kind"] for event in site.events()) == ["progress", "progress", "record", "record"]
