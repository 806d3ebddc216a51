"""A portal that is polled, and misbehaves as told: one thread, real sockets."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Portal:
    """portal.answer is called with (query dict, headers) and gives (status, headers dict, body bytes), or a function that gets the
    handler and does as it likes. portal.asked: [(path, query, headers)] of every request."""

    def __init__(self, context=None, host="127.0.0.1"):
        self.asked, self.answer = [], lambda query, headers: (200, {}, b'{"data":[]}')
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                portal.asked.append((parts.path, query, dict(self.headers)))
                answer = portal.answer(query, self.headers)
                if callable(answer):
                    try:
                        answer(self)
                    except OSError:
                        pass  # the other side has had enough, as it should
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://{host}:{self.server.server_port}/hoso"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def page(rows, next=None, **members):
    return json.dumps({"data": rows, **({"next": next} if next else {}), **members}).encode()
