"""Forecasts of folds, kept: one entry per fold and model, keyed by all that it depends on.

A key is a digest of the fold's series, of what the model had learnt, of the settings, and of the
code: that of the model's module and of the modules of `models` that it imports, and that of the
backtest itself. An entry is found for as long as it would be made again bit for bit; entries of
code that is gone are swept.
"""

import ast
import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from models import MODELS

FILE = "folds.sqlite"
# The arrays of an entry in bytes, and why the model could not be fitted, empty where it could.
Entry = tuple[bytes, str]
_OURS = ("models.", "forecasts.")
_BUSY_SECONDS = 60.0
# What the numbers of a fit hang on beside our own code.
_LIBRARIES = ("numpy", "scipy", "statsmodels")


def code_digest(module: str) -> bytes:
    """Digest of a module's source and of every module of ours that it imports, directly or not.

    What is imported inside functions counts as well; what is named by a text (a registry) does not.
    """
    content = hashlib.blake2b(digest_size=16)
    for name in sorted(_modules(module)):
        content.update(name.encode() + b"\0" + _source(name))
    return content.digest()


def model_digest(name: str) -> bytes:
    """Digest of all the code that makes a forecast of the model `name` in a backtest."""
    content = hashlib.blake2b(digest_size=16)
    content.update(code_digest(MODELS[name].partition(":")[0]))
    content.update(code_digest("forecasts.verification.backtest"))
    content.update(repr([(lib, _version(lib)) for lib in _LIBRARIES]).encode())
    return content.digest()


def _modules(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += [n for n in _imports(_source(name)) if _is_module(n)]
    return seen


@cache
def _imports(source: bytes) -> frozenset[str]:
    """What a source may import of ours, modules and names in them alike."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` names a module too.
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    # Not the packages themselves: the registry of models grows without changing any of them.
    return frozenset(name for name in found if name.startswith(_OURS))


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module, and so it is no module of its own
        return False


def _source(name: str) -> bytes:
    spec = find_spec(name)
    return Path(spec.origin).read_bytes() if spec and spec.origin else b""


@cache
def _version(library: str) -> str:
    return metadata.version(library)


class FoldCache:
    """Entries in one file of a folder; without a folder, or where it cannot be written, nothing.

    Any number of processes may use it at once. A file that is damaged is begun anew.
    """

    def __init__(self, folder: Path | None) -> None:
        self._connection = None if folder is None else _open(folder)

    def read(self, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        """Those of the entries with these keys that are there."""
        if self._connection is None:
            return {}
        found: dict[bytes, Entry] = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, value, reason FROM entry WHERE key IN ({marks})"
            try:
                rows = self._connection.execute(query, some).fetchall()
            except sqlite3.Error:
                return found
            found |= {bytes(key): (bytes(value), str(reason)) for key, value, reason in rows}
        return found

    def write(self, entries: Mapping[bytes, Entry], code: bytes) -> None:
        """Keep entries made by code of one digest (`model_digest`)."""
        if self._connection is None or not entries:
            return
        rows = [(key, code, value, reason) for key, (value, reason) in entries.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?,?,?,?)", rows)
        except sqlite3.Error:  # a full disk, or another process for too long: made again next time
            return

    def sweep(self) -> None:
        """Leave out the entries of code that is there no more."""
        if self._connection is None:
            return
        current = [model_digest(name) for name in MODELS]
        marks = ",".join("?" * len(current))
        try:
            with self._connection:
                gone = self._connection.execute(
                    f"DELETE FROM entry WHERE code NOT IN ({marks})", current
                ).rowcount
            if gone:
                self._connection.execute("VACUUM")
        except sqlite3.Error:
            return

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(folder: Path) -> sqlite3.Connection | None:
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Version 0.1 kept a file a task, found by a key that knew nothing of the models' code.
        for old in folder.glob("*.npz"):
            old.unlink()
    except OSError:
        return None
    for attempt in (1, 2):
        try:
            connection = sqlite3.connect(file, timeout=_BUSY_SECONDS)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entry "
                "(key BLOB PRIMARY KEY, code BLOB, value BLOB, reason TEXT) WITHOUT ROWID"
            )
            connection.execute("SELECT key, code, value, reason FROM entry LIMIT 1").fetchall()
            return connection
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError:
            if attempt == 1:
                file.unlink(missing_ok=True)
    return None
