"""The examples of deploy/runbook/sources.md, run as they stand there (paths and addresses of this machine in their place)."""

import configparser
import os
import re
import subprocess

from harness import wait_until
from harness.portal import Portal
from harness.site import API_KEYS, ROOT, build_folder

TEXT = (ROOT / "deploy" / "runbook" / "sources.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_examples(site):
    portal = Portal()
    (answer,) = blocks("json")
    portal.answer = lambda query, headers: (200, {}, (answer if "page" not in query else '{"data":[]}').encode())
    drop = site.folder / "drop"
    drop.mkdir()
    places = {"/var/lib/hoso/drop": str(drop), "/var/lib/hoso/cong.cursor": str(site.folder / "cong.cursor"),
              "https://cong.example/api/hoso": portal.url, "10.20.0.0/16": "127.0.0.0/8"}

    def here(text):
        for there, place in places.items():
            text = text.replace(there, place)
        return text

    for block in blocks("ini"):
        parser = configparser.ConfigParser()
        parser.read_string(here(block))
        for section in parser.sections():
            for key, value in parser[section].items():
                site.set(section, key, value)
    site.set("source.cong", "plain_http", "yes")
    site.hoso("config", "check")
    ingest = site.start("ingest")
    site.start("aggregator")
    work = site.folder / "work-here"
    work.mkdir()
    (work / "nam-2025.csv").write_text("MaHoSo,TrangThaiHoSo,NgayTiepNhan\nH24.11713-250801-0001,4,20250801080000\n")
    (work / "co-quan.csv").write_text("agency_code,unit_code,valid_from,valid_to\nH24.NEW,11713,2025-07-01,\n")
    (work / "hoso.conf").symlink_to(site.config)
    environment = {**os.environ, "PATH": f"{build_folder()}/bin:{os.environ['PATH']}", "LANG": "en_US.UTF-8"}
    for block in blocks("sh"):
        script = here(block).replace("http://127.0.0.1:8480", f"http://127.0.0.1:{ingest.port}")
        script = script.replace("--key KHOA", f"--key '{API_KEYS['motcua']}'")
        done = subprocess.run(["bash", "-euc", script], cwd=work, env=environment, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, script + done.stdout + done.stderr
    wait_until(lambda: len(list((drop / "done").iterdir())) == 2, "the copied file and the backfill are done")
    wait_until(lambda: {event.value["dossier_code"] for event in site.events()} >= {
        "H24.11713-250801-0001", "H24.11713-260601-0001"}, "file and poll have come through")
    portal.stop()
