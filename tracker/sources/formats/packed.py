"""gzip and zstd, unpacked piece by piece: what is never read is never unpacked."""

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SUFFIXES = {".gz": "gzip", ".zst": "zstd"}
# Packed bytes that are unpacked at once. Of these zstd makes 32 MB at most (a block of 4 bytes can
# stand for 128 KiB), zlib 1 MB.
_PIECE = 1024
# What a frame may ask to be held at once; zstd itself makes none larger unless told to.
_MAX_WINDOW = 2**27


class Damaged(ValueError):
    """What is packed is not whole, or not packed as it says."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def unpacked(file: BinaryIO) -> BinaryIO:
    """`file` itself, or what it holds where it begins as gzip or zstd does.

    Reading raises Damaged where it is cut off or damaged.
    """
    head = file.read(4)
    if file.seekable():
        file.seek(0)
        whole = file
    else:
        whole = io.BufferedReader(_Joined(head, file))
    if head.startswith(GZIP):
        return io.BufferedReader(_Unpacked(whole, "gzip", _gzip), 2**17)
    if head == ZSTD:
        return io.BufferedReader(_Unpacked(whole, "zstd", _zstd), 2**17)
    return whole


def _gzip() -> _Unpacker:
    return zlib.decompressobj(wbits=31)


def _zstd() -> _Unpacker:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()


class _Joined(io.RawIOBase):
    """What was read of a file already, then the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head, self.rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self.head or self.rest.read(len(buffer))
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        self.head = piece[size:]
        return size

    def close(self) -> None:
        self.rest.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """Members of gzip or frames of zstd, one after the other, as one stream."""

    def __init__(self, file: BinaryIO, kind: str, make: Callable[[], _Unpacker]) -> None:
        self.file, self.kind, self.make = file, kind, make
        self.unpacker: _Unpacker | None = make()
        self.packed, self.plain = b"", memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self.plain:
            if not self.packed:
                self.packed = self.file.read(_PIECE)
            if not self.packed:
                if self.unpacker is not None:
                    raise Damaged(f"it is {self.kind} that is cut off")
                return 0
            self.plain = memoryview(self._next())
        size = min(len(self.plain), len(buffer))
        buffer[:size] = self.plain[:size]
        self.plain = self.plain[size:]
        return size

    def _next(self) -> bytes:
        """What is unpacked of the bytes at hand."""
        if self.unpacker is None:
            self.packed = self.packed.lstrip(b"\0")  # which may fill up a file of gzip
            if not self.packed:
                return b""
            self.unpacker = self.make()
        try:
            plain = self.unpacker.decompress(self.packed)
        except Exception as error:  # ZstdError is of a module that is not imported here
            raise Damaged(f"it is {self.kind} that is damaged") from error
        self.packed = self.unpacker.unused_data if self.unpacker.eof else b""
        if self.unpacker.eof:
            self.unpacker = None
        return plain

    def close(self) -> None:
        self.file.close()
        super().close()
