"""JSON within bounds: how large, how deep and how many values, all known before it is parsed."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from forecasts.errors import TrackerError
from tracker.sources.rows import decode, read_bytes
from tracker.text.printable import printable

MAX_BYTES = 50_000_000
MAX_DEPTH = 100
MAX_VALUES = 3_000_000

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BLOCK = 1 << 20
# More than any double has; the work of reading one grows with the square of its digits.
_MAX_DIGITS = 400


def parse_json(path: Path, expected: str) -> Any:
    """The value in a JSON file; `expected` says in the errors what the file should be.

    Raises TrackerError for a file beyond the limits, text that is not JSON, NaN and infinity,
    a name that an object holds twice, and whole numbers of more than 400 digits.
    """
    name = printable(str(path))
    content = read_bytes(path, MAX_BYTES)
    text = decode(path, content)
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
        return json.loads(text, parse_constant=_refuse, parse_int=_whole, object_pairs_hook=_object)
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


class _Refused(Exception):
    """What JSON of a machine never holds."""


def _refuse(constant: str) -> None:
    raise _Refused(f"holds {constant}, which is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _Refused(f"holds a whole number of {len(digits):,} digits")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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
