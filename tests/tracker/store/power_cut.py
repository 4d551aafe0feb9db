"""What a disk may hold after a power cut, given the calls that came before it.

The model is weak on purpose, weaker than any journaling file system in use:

- content written since the last fsync of a file is there, missing, half there or zeros;
- a name made, moved or removed since the last fsync of its folder has changed or not, each name
  independently of the others; of a move, the new name and the old one too.

After an fsync of a file its content is on the disk, after one of a folder its names are.
"""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from disk_faults import Call

Names = dict[Path, int | None]  # a file by the number of its content, a folder as None
Disk = dict[Path, bytes | None]  # what stands at each path; None: a folder


@dataclass
class Journal:
    """A hook for `disk_faults.between` that notes what changes the disk, in order."""

    steps: list[Call] = field(default_factory=list)

    def __call__(self, call: Call, go: Callable[[], Any]) -> Any:
        result = go()
        changes = call.kind in {"write", "fsync", "replace", "unlink", "mkdir"}
        if changes or (call.kind == "open" and call.arguments[1] & os.O_CREAT):
            content = bytes(call.arguments[1])[:result] if call.kind == "write" else b""
            source = Path(call.arguments[0]) if call.kind == "replace" else call.path
            self.steps.append(Call(call.kind, call.path, (source, content)))
        return result


@dataclass
class Power:
    """The disk as the running system sees it, and what of it is safe."""

    names: Names
    content: list[bytes]
    safe: set[int]
    waiting: list[tuple[Path, int | None, bool]] = field(default_factory=list)  # name, file, there

    @classmethod
    def on(cls, root: Path) -> "Power":
        """All that stands below `root` is on the disk."""
        names: Names = {}
        content: list[bytes] = []
        for path in sorted(root.rglob("*")):
            names[path] = None if path.is_dir() else len(content)
            if path.is_file():
                content.append(path.read_bytes())
        return cls(names, content, set(range(len(content))))

    def step(self, call: Call) -> None:
        source, written = call.arguments
        if call.kind == "open" and call.path not in self.names:
            self._name(call.path, len(self.content))
            self.content.append(b"")
        elif call.kind == "mkdir":
            self._name(call.path, None)
        elif call.kind == "write":
            file = self._file(call.path)
            self.content[file] += written
            self.safe.discard(file)
        elif call.kind == "fsync" and self.names.get(call.path) is not None:
            self.safe.add(self._file(call.path))
        elif call.kind == "fsync":
            self.waiting = [w for w in self.waiting if w[0].parent != call.path]
        elif call.kind == "replace":
            file = self._file(source)
            self._forget(source)
            self._name(call.path, file)
        elif call.kind == "unlink":
            self._forget(call.path)

    def _file(self, path: Path) -> int:
        file = self.names[path]
        assert file is not None
        return file

    def _name(self, path: Path, file: int | None) -> None:
        self.names[path] = file
        self.waiting.append((path, file, True))

    def _forget(self, path: Path) -> None:
        self.waiting.append((path, self.names.pop(path), False))

    def states(self, cap: int, chance: random.Random) -> Iterator[Disk]:
        """Every disk that a power cut may leave now; at most `cap` sets of names among them."""
        count = len(self.waiting)
        choices: Iterator[tuple[bool, ...]]
        if 2**count <= cap:
            choices = itertools.product((False, True), repeat=count)
        else:
            drawn = {tuple(chance.random() < 0.5 for _ in range(count)) for _ in range(cap)}
            # All, none, and each change alone come in any case.
            alone = [tuple(i == j for i in range(count)) for j in range(count)]
            choices = iter(sorted({*drawn, *alone, (True,) * count, (False,) * count}))
        # A name that waits to appear was not there before, one that waits to go was.
        waiting_names = {path for path, _, _ in self.waiting}
        sure = {p: f for p, f in self.names.items() if p not in waiting_names}
        for choice in choices:
            names = dict(sure)
            for path in waiting_names:
                mine = [(w, c) for w, c in zip(self.waiting, choice, strict=True) if w[0] == path]
                if not mine[0][0][2]:
                    names[path] = mine[0][0][1]
                for (_, file, there), happened in mine:
                    if happened and there:
                        names[path] = file
                    elif happened:
                        names.pop(path, None)
            # What stands in a folder that is not there is not there either.
            names = {p: f for p, f in names.items() if not lost(p, names, waiting_names)}
            yield from self._contents(names)

    def _contents(self, names: Names) -> Iterator[Disk]:
        unsafe = sorted({f for f in names.values() if f is not None and f not in self.safe})
        for forms in itertools.product(range(4), repeat=len(unsafe)):
            form = dict(zip(unsafe, forms, strict=True))
            yield {
                path: None if file is None else shape(self.content[file], form.get(file, 0))
                for path, file in names.items()
            }


def lost(path: Path, names: Names, waiting: set[Path]) -> bool:
    """Whether a folder above `path` was being made and is not on the disk."""
    return any(above in waiting and above not in names for above in path.parents)


def shape(content: bytes, form: int) -> bytes:
    """Content that was not synced: there, missing, half there, zeros."""
    return (content, b"", content[: len(content) // 2], bytes(len(content)))[form]


def lay_out(disk: Disk, root: Path, new_root: Path) -> None:
    """Put the files of `disk`, which stood below `root`, below `new_root`."""
    new_root.mkdir()
    for path in sorted(disk):
        there = new_root / path.relative_to(root)
        content = disk[path]
        if content is None:
            there.mkdir(exist_ok=True)
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
