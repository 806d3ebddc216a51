"""Fixtures and the report of failed tests; conftest.py loads this as a plugin."""

import pytest

from harness.servers import Servers
from harness.site import Site


@pytest.fixture(scope="session")
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture
def site(servers, tmp_path, request):
    request.node.server_log_marks = servers.log_marks()
    made = Site(servers, tmp_path)
    request.node.site = made
    try:
        made.create()
        yield made
    finally:
        made.destroy()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    made = getattr(item, "site", None)
    if not report.failed or made is None:
        return
    logs = {**made.logs(), **made.servers.log_since(item.server_log_marks)}
    report.sections += [(f"log of {name}", text) for name, text in logs.items() if text]
