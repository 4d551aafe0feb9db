"""YAML within bounds: the core schema of YAML 1.2, without tags, built from the parser's events.

An alias stands for what it names, counted as often as it is used; nothing is expanded, no object
is made by a tag, and no text becomes a date.
"""

import re
from typing import Any

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import decoded
from tracker.text.printable import printable

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_VALUES = 500_000  # aliases counted with all that they stand for

_NULL = re.compile(r"(?:~|null|Null|NULL)?")
_BOOL = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False",
                                                   "FALSE")}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TAG = "tag:yaml.org,2002:"
_KINDS: dict[str, tuple[type, ...]] = {
    "null": (type(None),), "bool": (bool,), "int": (int,), "float": (float, int),
}  # fmt: skip


def parse_yaml(file: SourceFile, expected: str) -> Any:
    """The value in a YAML file of one document; `expected` says what the file should be.

    Keys are text as they are written. Raises TrackerError for a file beyond the limits, text that
    is not YAML, several documents, tags of objects, merge keys, and keys that come twice.
    """
    # Where it is used only: no other source needs the library.
    import yaml

    name = file.name
    text = decoded(file, file.read(MAX_BYTES))
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = _Tree()
    try:
        for event in yaml.parse(text, Loader=loader):
            tree.take(event)
    except _Refused as error:
        raise TrackerError(f"{name} {error}.", expected, error.code) from error
    except yaml.YAMLError as error:
        raise TrackerError(
            f"{name} is not well-formed YAML: {_problem(error)}.", "Fetch the file again.",
            "bad_file",
        ) from error  # fmt: skip
    if tree.documents != 1:
        what = "no document" if not tree.documents else "several documents"
        raise TrackerError(f"{name} holds {what}.", expected, "bad_file")
    return tree.root


def _problem(error: Exception) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    mark = getattr(error, "problem_mark", None)
    where = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
    return f"{printable(str(problem)[:200])}{where}"


class _Refused(Exception):
    """What a file of data never holds, or more than may be."""

    def __init__(self, reason: str, code: str = "bad_file") -> None:
        super().__init__(reason)
        self.code = code


_OPEN = object()  # of an anchor whose value is not complete
_NO_KEY = object()


class _Tree:
    """Events as one value, built without recursion."""

    def __init__(self) -> None:
        self.root: Any = None
        self.documents = self.values = 0
        # Each open collection, its anchor and the values before it; for a mapping its open key.
        self._open: list[tuple[Any, str | None, int]] = []
        self._keys: list[Any] = []
        self._anchors: dict[str, tuple[Any, int]] = {}

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise _Refused("holds several documents")
        elif kind == "ScalarEvent":
            self._scalar(event)
        elif kind == "AliasEvent":
            self._alias(event.anchor)
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            self._start(event, {} if kind == "MappingStartEvent" else [])
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self._end()

    def _scalar(self, event: Any) -> None:
        self._count(1)
        if self._awaits_key():
            value: Any = event.value
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            self._take_key(value)
            return
        value = _value_of(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value)

    def _alias(self, anchor: str) -> None:
        if anchor not in self._anchors:
            raise _Refused(f"refers to an anchor '{printable(anchor[:100])}' that it does not have")
        value, size = self._anchors[anchor]
        if value is _OPEN:
            raise _Refused(f"has an anchor '{printable(anchor[:100])}' that holds itself")
        self._count(size)
        if self._awaits_key():
            raise _Refused("has an alias for a key")
        self._put(value)

    def _start(self, event: Any, value: Any) -> None:
        plain = {None, "!", f"{_TAG}{'map' if isinstance(value, dict) else 'seq'}"}
        if event.tag not in plain:
            raise _Refused(f"holds a tag '{printable(str(event.tag)[:100])}'")
        if self._awaits_key():
            raise _Refused("has a key that is not text")
        if len(self._open) >= MAX_DEPTH:
            raise _Refused(f"is YAML nested more than {MAX_DEPTH} deep", "too_large")
        self._count(1)
        if event.anchor:
            self._anchors[event.anchor] = (_OPEN, 0)
        self._open.append((value, event.anchor, self.values))
        self._keys.append(_NO_KEY)

    def _end(self) -> None:
        value, anchor, before = self._open.pop()
        self._keys.pop()
        if anchor:
            self._anchors[anchor] = (value, 1 + self.values - before)
        self._put(value)

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], dict) \
            and self._keys[-1] is _NO_KEY  # fmt: skip

    def _take_key(self, key: str) -> None:
        if key == "<<":
            raise _Refused("has a merge key '<<'")
        if key in self._open[-1][0]:
            raise _Refused(f"has the key '{printable(key[:100])}' twice in one mapping")
        self._keys[-1] = key

    def _put(self, value: Any) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1][0]
        if isinstance(holder, dict):
            holder[self._keys[-1]] = value
            self._keys[-1] = _NO_KEY
        else:
            holder.append(value)

    def _count(self, values: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise _Refused(f"is YAML of more than {MAX_VALUES:,} values", "too_large")


def _value_of(event: Any) -> Any:
    """A scalar by the core schema; quoted text is text."""
    text: str = event.value
    if event.tag in (None, "!"):
        return _plain(text) if event.implicit[0] else text
    kind = event.tag.removeprefix(_TAG)
    if kind == "str":
        return text
    value = _plain(text)
    if isinstance(value, _KINDS.get(kind, ())):
        return value
    raise _Refused(f"holds a tag '{printable(event.tag[:100])}'")


def _plain(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text
