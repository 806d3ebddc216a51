"""A TCP proxy in front of PostgreSQL that can lose answers."""

import socket
import threading

from psycopg import conninfo as conninfos

_COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"  # CommandComplete of a COMMIT


class Proxy:
    """
    conninfo: leads through the proxy. Of every connection both directions are passed on until the client's side is cut: the
    server's side then stays open until the server has ended what it was doing, as when a network goes away.

        proxy.lose_commits(1)      the next answer to a COMMIT is lost, and the connection with it
        proxy.cut()                cuts every client off now
        proxy.lost                 how many answers to COMMITs were lost so far
    """

    def __init__(self, conninfo):
        given = conninfos.conninfo_to_dict(conninfo)
        self._target = (given["host"], int(given["port"]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.conninfo = conninfos.make_conninfo(conninfo, host="127.0.0.1", port=self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._clients = []
        self._to_lose = 0
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_commits(self, count):
        with self._lock:
            self._to_lose = count

    def cut(self):
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            _close(client)

    def close(self):
        _close(self._listener)
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._clients.append(client)
            threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=self._to_client, args=(client, server), daemon=True).start()

    def _to_server(self, client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        # The server is not told: it goes on with what it has been sent.

    def _to_client(self, client, server):
        try:
            while data := server.recv(65536):
                if _COMMITTED in data and self._lose():
                    _close(client)
                    break
                client.sendall(data)
        except OSError:
            pass
        _close(client)
        _close(server)

    def _lose(self):
        with self._lock:
            if self._to_lose == 0:
                return False
            self._to_lose -= 1
            self.lost += 1
            return True


def _close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
