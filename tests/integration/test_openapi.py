"""schemas/openapi/ingest.yaml against the running service: schemathesis makes requests from it and holds the answers to it."""

import subprocess
import sys
from pathlib import Path

CONTRACT = Path(__file__).resolve().parents[2] / "schemas" / "openapi" / "ingest.yaml"


def test_the_service_keeps_its_contract(site):
    ingest = site.start("ingest")
    status, body, _ = ingest.request("/openapi.yaml")
    assert status == 200 and body == CONTRACT.read_bytes()
    command = [Path(sys.executable).parent / "schemathesis", "run", CONTRACT, "--url", f"http://127.0.0.1:{ingest.port}",
               "--header", "X-API-Key: khoa thu nghiem mot cua", "--phases", "examples,fuzzing", "--max-examples", "15", "--seed", "1",
               "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
               "--no-color", "--request-timeout", "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=site.folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
