"""Replies of a server that is broken, busy, slow or hostile."""

import gzip
import zlib
from contextlib import suppress
from functools import cache
from time import sleep

from publisher import Handler, Reply


def drip_body(handler: Handler) -> None:
    """A body that comes byte by byte for ten seconds."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000")
    handler.end_headers()
    _drip(handler, 1000)


def drip_header(handler: Handler) -> None:
    """A header that comes byte by byte: no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    _drip(handler, 1000)


def silence(handler: Handler) -> None:
    """Nothing for ten seconds."""
    sleep(10)


def truncated(handler: Handler) -> None:
    """Less than was announced."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')


def announced(size: int) -> Reply:
    """A body of so many zeros, its size announced."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(size))
        handler.end_headers()
        _zeros(handler, size)

    return reply


def endless(size: int) -> Reply:
    """A body of so many zeros that ends with the connection."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("connection", "close")
        handler.end_headers()
        _zeros(handler, size)

    return reply


def bomb(size: int) -> Reply:
    """A small body that unpacks to so many zeros."""
    return lambda handler: handler.send(
        200, _packed_zeros(size), content_type="application/json", content_encoding="gzip"
    )


@cache
def _packed_zeros(size: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    piece = bytes(2**20)
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


def packed(body: bytes, cut: int = 0) -> Reply:
    """A body packed by gzip, without its last `cut` bytes."""
    content = gzip.compress(body)
    content = content[: len(content) - cut]
    return lambda handler: handler.send(
        200, content, content_type="application/json", content_encoding="gzip"
    )


def moved(to: str, code: int = 302) -> Reply:
    """A redirect."""
    return lambda handler: handler.send(code, b"", location=to)


def echoing(handler: Handler) -> None:
    """What was asked for, the key in its header too."""
    key = handler.headers.get("x-api-key", "")
    body = b'{"models": [], "meta": {}, "you": "%s"}' % key.encode()
    handler.send(200, body, content_type="application/json", etag=f'"{key}"')


def refusing_with_the_key(handler: Handler) -> None:
    """401 that says the key in its body, its header and its reason."""
    key = handler.headers.get("x-api-key", "")
    handler.send_response(401, f"Wrong key {key}")
    handler.send_header("www-authenticate", key)
    handler.send_header("content-length", str(len(key)))
    handler.end_headers()
    handler.wfile.write(key.encode())


def garbage(handler: Handler) -> None:
    """No HTTP at all."""
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n\r\n")


def _drip(handler: Handler, pieces: int) -> None:
    with suppress(OSError):
        for _ in range(pieces):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            sleep(0.01)


def _zeros(handler: Handler, size: int) -> None:
    piece = bytes(2**16)
    with suppress(OSError):
        for _ in range(size // len(piece)):
            handler.wfile.write(piece)
            handler.server.publisher.sent += len(piece)
