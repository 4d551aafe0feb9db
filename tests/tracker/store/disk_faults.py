"""Stand between the store and the file system: count its calls, fail them, die at them, note them.

Everything the store does to a disk goes through the functions named in CALLS. `between` puts a
hook before them for every path below one folder; the hook decides whether the call is made.
"""

import errno
import fcntl
import os
import pathlib
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

CALLS = (
    "open", "write", "fsync", "close", "replace", "unlink", "mkdir", "scandir", "flock", "read",
)  # fmt: skip
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EACCES": errno.EACCES}
KILLS = ("kill_before", "kill_after", "kill_half")
MODES = (*ERRORS, *KILLS)


@dataclass(frozen=True)
class Call:
    """One call: its kind, the path it is about, and what else it was given."""

    kind: str
    path: Path
    arguments: tuple[Any, ...] = ()


Hook = Callable[[Call, Callable[[], Any]], Any]


@contextmanager
def between(root: Path, hook: Hook) -> Iterator[None]:
    """Give every call about a path below `root` to `hook(call, go)`; `go()` makes the call."""
    root = Path(os.path.abspath(root))
    of_descriptor: dict[int, Path] = {}
    true = {name: getattr(os, name) for name in CALLS if name not in {"flock", "read"}}
    true_flock, true_read = fcntl.flock, pathlib.Path.read_bytes

    def inside(path: Any) -> bool:
        return isinstance(path, (str, os.PathLike)) and Path(os.path.abspath(path)).is_relative_to(
            root
        )

    def by_path(kind: str) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **named: Any) -> Any:
            def go() -> Any:
                return true[kind](path, *rest, **named)

            # A file is moved to where it counts: that path names the call.
            about = rest[0] if kind == "replace" else path
            if not inside(about):
                return go()
            where = Path(os.path.abspath(about))
            result = hook(Call(kind, where, (path, *rest)), go)
            if kind == "open":
                of_descriptor[result] = where
            return result

        return call

    def by_descriptor(kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: Any, *rest: Any) -> Any:
            def go() -> Any:
                return function(descriptor, *rest)

            where = of_descriptor.get(descriptor)
            if where is None:
                return go()
            if kind == "close":
                del of_descriptor[descriptor]
            return hook(Call(kind, where, (descriptor, *rest)), go)

        return call

    def read_bytes(path: Path) -> bytes:
        def go() -> bytes:
            return true_read(path)

        if not inside(path):
            return go()
        content: bytes = hook(Call("read", Path(os.path.abspath(path))), go)
        return content

    functions = {
        **{k: by_path(k) for k in ("open", "replace", "unlink", "mkdir", "scandir")},
        **{k: by_descriptor(k, true[k]) for k in ("write", "fsync", "close")},
    }
    with (
        patch.multiple(os, **functions),
        patch.object(fcntl, "flock", by_descriptor("flock", true_flock)),
        patch.object(pathlib.Path, "read_bytes", read_bytes),
    ):
        yield


@dataclass
class Fault:
    """A hook that lets all calls pass but the one numbered `at`, counted from 1.

    `mode` is an errno of ERRORS to raise in its place, or a way to die by SIGKILL: before it,
    after it, or (a write) with half of its bytes written. Without `mode` it only counts.
    """

    at: int = 0
    mode: str = ""
    calls: list[str] = field(default_factory=list)

    def __call__(self, call: Call, go: Callable[[], Any]) -> Any:
        self.calls.append(call.kind)
        if len(self.calls) != self.at:
            return go()
        if self.mode in ERRORS:
            if call.kind == "close":
                go()  # the descriptor is gone, whatever close returns
            raise OSError(ERRORS[self.mode], os.strerror(ERRORS[self.mode]), str(call.path))
        if self.mode == "kill_half" and call.kind == "write":
            descriptor, content = call.arguments
            os.pwrite(descriptor, bytes(content)[: len(content) // 2], 0)
        if self.mode == "kill_after":
            with suppress(OSError):
                go()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")
