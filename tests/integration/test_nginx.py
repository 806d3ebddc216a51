"""hoso-ingest behind a real nginx with deploy/nginx/hoso-ingest.conf: client certificates, strict HTTP, slow senders."""

import hashlib
import http.client
import json
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from harness import wait_until

CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "hoso-ingest.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
DN = "CN=motcua-thu-nghiem,O=Don vi thu nghiem"  # as nginx writes it, RFC 2253
KEY = "khoa thu nghiem mot cua"
BODY = json.dumps([{"id": "1", "kind": "erased", "dossier_code": "H24.11713-260601-0001",
                    "occurred_at": "20260602080000"}]).encode()

pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is missing")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certificate(folder, name, subject, ca=None):
    """name.pem and name.key, signed by ca or by itself."""
    key, request, pem = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]
    if ca is None:
        openssl("req", "-x509", *curve, "-days", "2", "-subj", subject, "-out", pem)
        return
    openssl("req", *curve, "-subj", subject, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-out", pem)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """The shipped file with this test's names in it, inside the smallest frame that nginx takes."""

    def __init__(self, folder, ingest_port):
        certificate(folder, "ca", "/CN=ca")
        certificate(folder, "server", "/CN=127.0.0.1", "ca")
        certificate(folder, "client", "/O=Don vi thu nghiem/CN=motcua-thu-nghiem", "ca")
        certificate(folder, "stranger", "/O=Don vi thu nghiem/CN=motcua-thu-nghiem")
        self.folder, self.port = folder, free_port()
        text = CONF.read_text()
        for old, new in (("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                         ("server 127.0.0.1:8480", f"server 127.0.0.1:{ingest_port}"),
                         ("/etc/hoso/tls/clients-ca.pem", f"{folder}/ca.pem"), ("/etc/hoso/tls/", f"{folder}/"),
                         ("client_header_timeout 10s", "client_header_timeout 1s"),
                         ("client_body_timeout 10s", "client_body_timeout 1s")):
            assert old in text, old
            text = text.replace(old, new)
        (folder / "hoso.conf.nginx").write_text(text)
        temp = "".join(f"{kind}_temp_path {folder}/tmp-{kind};" for kind in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn; worker_processes 1; user root;\n"
            f"events {{}}\nhttp {{ {temp} include {folder}/hoso.conf.nginx; }}\n")
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", NGINX, "-c", folder / "nginx.conf"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None, "nginx listens")

    def close(self):
        self.process.terminate()
        self.process.wait(20)

    def tls(self, client=None):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.check_hostname = False
        if client:
            context.load_cert_chain(self.folder / f"{client}.pem", self.folder / f"{client}.key")
        return context

    def post(self, path="/api/v1/events", body=BODY, client=None, **headers):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls(client), timeout=30)
        connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def raw(self, text):
        with self.tls().wrap_socket(socket.create_connection(("127.0.0.1", self.port), 20)) as connection:
            connection.sendall(text)
            connection.settimeout(20)
            return connection.recv(4096)


@pytest.fixture
def nginx(site, tmp_path):
    site.set("key.tls1", "source", "motcua")
    site.set("key.tls1", "client_dn", DN)
    site.set("key.tls2", "source", "motcua")
    site.set("key.tls2", "sha256", hashlib.sha256(b"hoso_tls2_x").hexdigest())
    site.set("key.tls2", "client_dn", "CN=another")
    ingest = site.start("ingest", {"ingest.trusted_proxies": "127.0.0.1"})
    folder = tmp_path / "nginx"
    folder.mkdir()
    made = Nginx(folder, ingest.port)
    yield made
    made.close()


def test_behind_nginx(site, nginx):
    # A client certificate is an identity; nobody else's is, and nobody can claim one.
    assert nginx.post(client="client")[0] == 200
    assert nginx.post()[0] == 401
    assert nginx.post(X_Client_Verify="SUCCESS", X_Client_DN=DN)[0] == 401
    assert nginx.post(client="stranger")[0] == 400  # nginx itself
    assert nginx.post(client="client", X_API_Key="hoso_tls2_x")[0] == 401  # the right key from the wrong machine
    assert nginx.post(X_API_Key=KEY)[0] == 200
    # From an address that is not a trusted proxy the same headers are nothing; here ingest trusts only what it was told.
    direct = site.services[0]
    claimed = {"X-Client-Verify": "SUCCESS", "X-Client-DN": DN, "Content-Type": "application/json"}
    assert direct.request("/api/v1/events", BODY, {**claimed, "X-Client-Verify": "NONE"})[0] == 401
    direct.restart({"ingest.trusted_proxies": "127.0.0.2,::1", "ingest.listen": f"127.0.0.1:{direct.port}"})
    assert direct.request("/api/v1/events", BODY, claimed)[0] == 401
    assert nginx.post(client="client")[0] == 401

    # A large body does not come to lie on the disk.
    large = json.dumps([{**json.loads(BODY)[0], "note": "x" * 4_000_000}]).encode()
    assert nginx.post(body=large, X_API_Key=KEY)[0] == 200
    assert "temporary file" not in (nginx.folder / "nginx.log").read_text()

    # Strict HTTP: answered, and nothing of it reaches ingest.
    head = b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\n"
    assert b" 400 " in nginx.raw(head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")[:20]
    assert b" 400 " in nginx.raw(head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")[:20]
    assert nginx.raw(head + b"Content-Length: 20\r\n\r\n{") == b""  # a body that does not come: cut off by nginx
    assert nginx.post(body=b"x" * (9 << 20))[0] == 413
    assert nginx.post(path="/metrics")[0] == 404
    assert nginx.post(path="/readyz")[0] == 404

    # ingest is down: the sender is told to come again.
    direct.terminate()
    status, text = nginx.post(X_API_Key=KEY)
    assert status == 503 and json.loads(text)["error_code"] == "-3"
    assert len({record.value["event_id"] for record in site.events()}) == 1
