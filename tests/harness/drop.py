"""A file source of a site: its folder, and files that are renamed into it as a careful writer does."""

import os

from harness.wait import wait_until


class Drop:
    """drop = Drop(site, rows="hoso"); drop.put("a.csv", bytes); drop.wait_done("a.csv")."""

    def __init__(self, site, name="tep", **options):
        self.site, self.name = site, name
        self.folder = site.folder / f"drop-{name}"
        self.folder.mkdir()
        settings = {"kind": "file", "folder": str(self.folder), "agency": "H24.11713", **options}
        for key, value in settings.items():
            site.set(f"source.{name}", key, value)

    def put(self, name, data):
        """Written elsewhere, then renamed in."""
        aside = self.folder / f".{name}.part"
        aside.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.rename(aside, self.folder / name)

    def path(self, part, name):
        return self.folder / part / name

    def done(self, name):
        return self.path("done", name).exists()

    def wait_done(self, *names, deadline_s=60.0):
        for name in names:
            wait_until(lambda each=name: self.done(each), f"{name} is done", deadline_s)

    def wait_failed(self, name):
        """The reason."""
        wait_until(lambda: self.path("failed", name).exists(), f"{name} has failed")
        return self.path("failed", f"{name}.reason").read_text()

    def refused(self, name):
        """Lines of the side file: [(line, row, field, code)]; [] when there is none."""
        path = self.path("done", f"{name}.refused.csv")
        if not path.exists():
            return []
        lines = path.read_text().splitlines()
        assert lines[0] == "line,row,field,code"
        return [(int(a), int(b), c, d) for a, b, c, d in (line.split(",") for line in lines[1:])]

    def left(self):
        """What lies in the folder and in work."""
        return sorted(path.name for part in (self.folder, self.folder / "work") for path in part.iterdir()
                      if path.is_file())
