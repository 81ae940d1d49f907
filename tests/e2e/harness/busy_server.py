"""Stands before an S3 server and answers a share of the requests with 503: half of them unseen by the server, the other
half after the server has done them."""
import random
import socket
import threading

BUSY = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        b"Content-Length: 64\r\n\r\n<Error><Code>SlowDown</Code><Message>try again</Message></Error>")
HEAD_BYTES_MAX = 64 << 10


class BusyServer:
    """One connection for each request; signatures hold, since the Host that was signed is passed on."""

    def __init__(self, port, share, seed):
        self.target, self.share, self.chance = port, share, random.Random(seed)
        self.refused = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                self._pass_on(client)
            except OSError:
                pass

    def _pass_on(self, client):
        head, body = self._head(client)
        if not head:
            return
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        if b"\r\nexpect: 100-continue" in head.lower():
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        lot = self.chance.random()
        is_refused, is_unseen = lot < self.share, lot < self.share / 2
        with socket.create_connection(("127.0.0.1", self.target), timeout=60) as server:
            if not is_unseen:
                first, _, rest = head.partition(b"\r\n")
                kept = [line for line in rest.split(b"\r\n") if not line.lower().startswith((b"connection:", b"expect:"))]
                server.sendall(b"\r\n".join([first, b"Connection: close", *kept]))
                server.sendall(body)
            left = length - len(body)
            while left > 0:
                piece = client.recv(min(left, 1 << 20))
                if not piece:
                    return
                left -= len(piece)
                if not is_unseen:
                    server.sendall(piece)
            answered = not is_refused
            while not is_unseen:
                piece = server.recv(1 << 20)
                if not piece:
                    break
                if answered:
                    client.sendall(piece)
        if is_refused:
            self.refused += 1
            client.sendall(BUSY)

    @staticmethod
    def _head(client):
        """The head of a request with its empty line, and what came of the body with it."""
        data = b""
        while b"\r\n\r\n" not in data and len(data) < HEAD_BYTES_MAX:
            piece = client.recv(64 << 10)
            if not piece:
                return b"", b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n", body

    def close(self):
        self.listener.close()
