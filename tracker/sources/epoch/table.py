"""A table by Epoch AI: its columns, and the rows of those columns that are used."""

from dataclasses import dataclass

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.delimited import open_table
from tracker.sources.rows import Records

MAX_BYTES = 50_000_000
MAX_ROWS = 200_000
Row = dict[str, str]


@dataclass(frozen=True)
class EpochTable:
    """The file, its columns, and its rows by column with their numbers; cells are stripped."""

    file: SourceFile
    columns: list[str]
    rows: list[tuple[int, Row]]


def read_table(file: SourceFile, used: frozenset[str], found: Records | None = None) -> EpochTable:
    """The table in `file` with those of its columns that are `used`; rows of another length are
    problems of `found`.

    Raises:
        TrackerError: no table within the limits, or without rows; without `found` also a row of
            another length.
    """
    rows: list[tuple[int, Row]] = []
    wrong = 0
    with open_table(file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",") as table:
        places = {c: table.position(c) for c in table.columns if c in used}
        for at, cells in table.records:
            problem = table.wrong_length(cells)
            if problem is None:
                rows.append((at, {c: cells[place].strip() for c, place in places.items()}))
            elif found is None:
                raise TrackerError(
                    f"{file.name}, row {at}: {problem}.", "Fetch the file again.", "bad_file"
                )
            else:
                wrong += 1
                found.reject(at, "row", problem)
        columns = table.columns
    if not rows and not wrong:
        raise TrackerError(f"{file.name} holds no rows.", "Check the path.", "bad_file")
    return EpochTable(file, columns, rows)
