"""JSON within bounds, and members of its objects by the type that they must have.

How large a text is, how deep and of how many values is known before it is parsed.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.text.printable import printable

MAX_BYTES = 50_000_000
MAX_DEPTH = 100
MAX_VALUES = 3_000_000

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BLOCK = 1 << 20
# More than any double has; the work of reading one grows with the square of its digits.
_MAX_DIGITS = 400


def parse_json(file: SourceFile, expected: str) -> Any:
    """The value in a JSON file; `expected` says in the errors what the file should be.

    Raises TrackerError for a file beyond the limits, text that is not JSON, NaN and infinity,
    a name that an object holds twice, and whole numbers of more than 400 digits.
    """
    name = file.name
    content = file.read(MAX_BYTES)
    text = decoded(file, content)
    depth, values = _extent(content)
    if depth > MAX_DEPTH:
        raise TrackerError(
            f"{name} is JSON nested more than {MAX_DEPTH} deep.", expected, "too_large"
        )
    if values > MAX_VALUES:
        raise TrackerError(
            f"{name} is JSON of more than {MAX_VALUES:,} values.", expected, "too_large"
        )
    try:
        return json.loads(
            text, parse_constant=_refuse, parse_int=_whole, object_pairs_hook=_members
        )
    except json.JSONDecodeError as error:
        raise TrackerError(
            f"{name} is not complete JSON: {error.msg} at line {error.lineno}, "
            f"column {error.colno}.",
            "Fetch the file again.",
            "bad_file",
        ) from error
    except _Refused as error:
        raise TrackerError(f"{name} {error}.", expected, "bad_file") from error
    except RecursionError as error:
        raise TrackerError(f"{name} is JSON nested too deep.", expected, "too_large") from error


class WrongMember(Exception):
    """A member of an object that is of another type than it must be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


Json = dict[str, Any]


def object_of(value: Any, field: str) -> Json:
    """`value` as an object; raises WrongMember, naming `field`."""
    if not isinstance(value, dict):
        raise WrongMember(field, f"is {_kind(value)} where an object must be")
    return cast(Json, value)


def text_of(holder: Mapping[str, Any], key: str, field: str) -> str | None:
    """The text of a member, None where it is absent or null; raises WrongMember."""
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongMember(field, f"is {_kind(value)} where text must be")
    return whole_text(value, field)


def whole_text(text: str, field: str) -> str:
    """`text`; raises WrongMember where it holds half a character."""
    half = re.search("[\ud800-\udfff]", text)
    if half:
        raise WrongMember(field, f"holds half a character (\\u{ord(half.group()):04x})")
    return text


def number_of(holder: Mapping[str, Any], key: str, field: str) -> str | None:
    """The number of a member as its shortest text, None where there is none; raises WrongMember."""
    value = holder.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongMember(field, f"is {_kind(value)} where a number must be")
    return repr(value)


def flag_of(holder: Mapping[str, Any], key: str, field: str) -> bool | None:
    """True or false of a member, None where there is none; raises WrongMember."""
    value = holder.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise WrongMember(field, f"is {_kind(value)} where true or false must be")


def _kind(value: Any) -> str:
    if value is None:
        return "absent"
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return kinds.get(type(value), "a number")


def decoded(file: SourceFile, content: bytes) -> str:
    """The text of a file of UTF-8; raises TrackerError for any other."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrackerError(
            f"{file.name} is not UTF-8 text (byte {error.start}).",
            "Save it as UTF-8 and import it again.",
            "bad_file",
        ) from error
    if "\x00" in text:
        raise TrackerError(
            f"{file.name} is not text: it holds zero bytes.",
            "Save it as UTF-8 text and import it again.",
            "bad_file",
        )
    return text


class _Refused(Exception):
    """What JSON of a machine never holds."""


def _refuse(constant: str) -> None:
    raise _Refused(f"holds {constant}, which is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _Refused(f"holds a whole number of {len(digits):,} digits")
    return int(digits)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Refused(f"has an object with two members named '{printable(twice[:100])}'")
    return found


def _extent(content: bytes) -> tuple[int, int]:
    """Depth of brackets, and an upper bound of the number of values, outside of strings."""
    bare = np.frombuffer(_STRING.sub(b"", content), np.uint8)
    level = deepest = values = 0
    for start in range(0, bare.size, _BLOCK):
        block = bare[start : start + _BLOCK]
        opens = (block == ord("[")) | (block == ord("{"))
        closes = (block == ord("]")) | (block == ord("}"))
        steps = np.cumsum(opens.astype(np.int32) - closes.astype(np.int32))
        deepest = max(deepest, level + int(steps.max()))
        level += int(steps[-1])
        values += int(opens.sum()) + int((block == ord(",")).sum())
    return deepest, values
