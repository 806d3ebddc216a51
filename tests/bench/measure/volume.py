"""tests/bench/run-ingest --backfill ROWS, --resync ROWS: much data at once; time, memory, and that nothing is missing."""

import os
import subprocess
import time

from harness import records
from harness.drop import Drop
from harness.site import API_KEYS, build_folder

from measure.world import cpu_s, load, machine, peak_rss_mb

COLUMNS = "MaHoSo,MaTTHC,ChuHoSo,KenhThucHien,NgayTiepNhan,NgayHenTra,NgayKetThucXuLy,TrangThaiHoSo\n"


def write_rows(path, count):
    with path.open("w") as file:
        file.write(COLUMNS)
        for number in range(count):
            day = 1 + number % 28
            file.write(f"H24.11713-2501{day:02}-{number:07},1.005129,NGUOI THU NGHIEM {number},2,202501{day:02}090000,"
                       f"202502{day:02}090000,202502{day:02}080000,9\n")


def run(*command):
    """(seconds, CPU seconds, lines said) of a command of hoso's that ends well."""
    begun = time.monotonic()
    process = subprocess.Popen([build_folder() / "bin" / "hoso", *map(str, command)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, "LANG": "en_US.UTF-8", "HOSO_API_KEY": API_KEYS["motcua"]})
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said[-2000:])
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, said.strip().splitlines()


def stored(site):
    return sum(records.end_offsets(site.servers.brokers, site.events_topic).values())


def report(what, rows, ingest, cpu_before, took, site):
    seconds, cpu, said = took
    used = cpu_s(ingest.process.pid) - cpu_before
    print(f"{what}: {rows:,} rows in {seconds:.0f} s, {rows / seconds:,.0f} rows/s; ingest {used:.0f} CPU s, "
          f"{rows / used:,.0f} rows per CPU s, peak {peak_rss_mb(ingest.process.pid):.0f} MB; the command {cpu:.0f} CPU s; "
          f"{stored(site):,} records on the topic; load {load():.1f}; {machine()}")
    print("   " + "\n   ".join(said[-6:]))


def backfill(site, count):
    drop = Drop(site, rows="hoso")
    path = site.folder / "year.csv"
    write_rows(path, count)
    print(f"{path.stat().st_size / 2**20:.0f} MB of CSV", flush=True)
    ingest = site.start("ingest", {"log.level": "warn"})
    before = cpu_s(ingest.process.pid)
    took = run("backfill", path, "-c", site.config)
    report("backfill", count, ingest, before, took, site)
    if stored(site) < count or drop.left():
        raise RuntimeError("rows are missing")


def resync(site, count):
    ingest = site.start("ingest", {"log.level": "warn"})
    before = cpu_s(ingest.process.pid)
    took = run("portal", "--url", f"http://127.0.0.1:{ingest.port}", "--user", "motcua", "--dossiers", 1000, "--faults", "none",
               "--resync", count)
    report("re-sync", count, ingest, before, took, site)
    if stored(site) < count:
        raise RuntimeError("rows are missing")
