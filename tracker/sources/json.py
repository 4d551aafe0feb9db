"""Observations from JSON such as `tracker export FILE.json` writes: a list of objects."""

from typing import Any, cast

from forecasts.errors import TrackerError
from tracker.sources.columns import TABLE_OPTIONS
from tracker.sources.contract import Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import WrongMember, object_of, parse_json, whole_text
from tracker.sources.grid import Grid, grid, read_grid
from tracker.sources.intervals import machine_number
from tracker.text.printable import printable

DESCRIPTION = "a list of objects with the members of an observation, as `tracker export` writes it"
OPTIONS = TABLE_OPTIONS
MAX_COLUMNS = 1_000
_EXPECTED = "Expected a list of objects, or one object that holds such a list."


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a list of objects; its first is row 1. Options work as they do for csv.

    Raises:
        TrackerError: not JSON within the limits, of another shape, or a required member is in no
            object.
        UsageError: a mapping names an unknown member.
    """
    return read_grid("json", file, options, _table(file, options))


def columns(file: SourceFile, options: ReadOptions) -> list[str]:
    """The names of the members of a file that `read` reads."""
    return _table(file, options).columns


def _table(file: SourceFile, options: ReadOptions) -> Grid:
    entries = _entries(file)
    names: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry, dict):
            for name in cast(dict[str, Any], entry):
                names.setdefault(name, len(names))
        if len(names) > MAX_COLUMNS:
            raise TrackerError(
                f"{file.name} has objects of more than {MAX_COLUMNS:,} members.",
                _EXPECTED,
                "too_large",
            )
    plain = options.decimal == ","
    numbers: list[int] = []
    cells: list[list[str | None]] = []
    problems: list[Problem] = []
    for row, entry in enumerate(entries, start=1):
        try:
            members = object_of(entry, "row")
            texts = {name: _text(value, name, plain) for name, value in members.items()}
        except WrongMember as wrong:
            problems.append(Problem(row, printable(wrong.field[:100]), wrong.reason))
            continue
        numbers.append(row)
        cells.append([texts.get(name) for name in names])
    return Grid(list(names), grid(list(names), numbers, cells), problems)


def _entries(file: SourceFile) -> list[Any]:
    found = parse_json(file, _EXPECTED)
    if isinstance(found, dict):
        lists = [v for v in cast(dict[str, Any], found).values() if isinstance(v, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list):
        raise TrackerError(f"{file.name} is JSON of another shape.", _EXPECTED, "bad_file")
    return found


def _text(value: Any, name: str, plain: bool) -> str | None:
    """A member as text; a number in a form that no decimal sign changes, if `plain`."""
    if value is None:
        return None
    if isinstance(value, str):
        return whole_text(value, name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return machine_number(value) if plain else repr(value)
    if isinstance(value, int):
        return repr(value)
    kind = "a list" if isinstance(value, list) else "an object"
    raise WrongMember(name, f"is {kind} where text, a number or true or false must be")
