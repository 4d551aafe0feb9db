"""A web server of this machine that publishes what a test says, and keeps what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the reply of its path."""

    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        publisher = self.server.publisher
        publisher.times.append(monotonic())
        publisher.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.close_connection = True
        replies = publisher.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; names of headers with _ for -."""
        self.send_response(status)
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        for name, value in {"content-length": str(len(body)), **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of a request."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    publisher: "Publisher"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who was answered may have gone."""


class Publisher:
    """A server that gives one reply after the other, the last of them again and again.

    `asked` has the path and the headers of each request, names in lower case, `times` when it
    came; `sent` counts bytes of bodies without end.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.replies: list[Reply] = []
        self.sent = 0
        self.times: list[float] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.publisher = self
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Publisher":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def gives(self, *replies: Reply) -> None:
        """From now on these replies, one a request."""
        self.replies = list(replies)
        self.asked.clear()
        self.times.clear()


def document(value: Any, kind: str = "application/json", **headers: str) -> Reply:
    """A reply of JSON, or of bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda handler: handler.send(200, body, content_type=kind, **headers)


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    """A reply of a status."""
    return lambda handler: handler.send(code, body, **headers)
