"""Writes down what a client says to PostgreSQL, so that the same transactions can be given to it again without the client.

A proxy between the two: every byte goes on unchanged. Of each connection the messages after its log-in are kept, up to its Terminate,
cut where the first large transaction begins (bench_replay.c says what the two files mean); what never had one, such as the
connection that only claims partitions, comes wholly first."""

import socket
import struct
import threading
from pathlib import Path

LARGE = 16384


class Capture:
    """Listens at .port until .stop(); write(folder) then makes N.first and N.rest."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sessions = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            session = Session(client, socket.create_connection(self.target))
            self.sessions.append(session)
            session.start()

    def stop(self):
        self.listener.close()
        for session in self.sessions:
            session.join(30)

    def write(self, folder):
        """How many connections have large transactions. Files are numbered in the order in which the connections began."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        large = 0
        for number, session in enumerate(self.sessions):
            first, rest = split(b"".join(session.kept))
            Path(folder / f"{number}.first").write_bytes(first)
            Path(folder / f"{number}.rest").write_bytes(rest)
            large += bool(rest)
        return large


class Session:
    def __init__(self, client, server):
        self.client, self.server, self.kept = client, server, []
        self.logged_in = False
        self.threads = [threading.Thread(target=self._down, daemon=True), threading.Thread(target=self._up, daemon=True)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self, seconds):
        for thread in self.threads:
            thread.join(seconds)

    def _down(self):
        """From the server. The first ReadyForQuery ends the log-in; it comes before the client can say more."""
        head = b""
        while data := receive(self.server):
            if not self.logged_in:
                head += data
                self.logged_in = any(kind == b"Z" for kind, _, _ in messages(head))
            self.client.sendall(data)
        close(self.client)

    def _up(self):
        while data := receive(self.client):
            if self.logged_in:
                self.kept.append(data)
            self.server.sendall(data)
        close(self.server)


def receive(end):
    try:
        return end.recv(1 << 18)
    except OSError:
        return b""


def close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def messages(data):
    """(type, begin, end) of each whole message."""
    at = 0
    while at + 5 <= len(data):
        end = at + 1 + struct.unpack_from(">I", data, at + 1)[0]
        if end > len(data):
            return
        yield data[at:at + 1], at, end
        at = end


def split(data):
    """Before and from the transaction that holds the first large exchange; without Terminate and what a kill cut off."""
    begin = end = 0
    found = False
    for kind, at, after in messages(data):
        if kind == b"X":
            break
        if not found and kind in (b"P", b"Q", b"B") and b"BEGIN" in data[at:min(after, at + 64)]:
            begin = at
        found = found or after - at > LARGE
        end = after
    return (data[:begin], data[begin:end]) if found else (data[:end], b"")
