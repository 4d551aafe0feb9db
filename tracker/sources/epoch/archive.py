"""The tables of an archive as Epoch AI publishes it (`benchmark_data.zip`), read as one file."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.basis import day_in_name
from tracker.sources.contract import Inferred, Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.packed import Damaged
from tracker.sources.rows import batch
from tracker.text.counting import counted
from tracker.text.printable import printable

MAX_BYTES = 50_000_000
MAX_UNPACKED = 200_000_000
MAX_MEMBERS = 1_000
SIGNATURE = b"PK\x03\x04"

Reader = Callable[[SourceFile, ReadOptions], Reading]


def is_archive(file: SourceFile) -> bool:
    """Whether a file begins as an archive does; one that cannot be unpacked is none."""
    with file.open() as raw:
        try:
            return raw.read(len(SIGNATURE)) == SIGNATURE
        except Damaged:
            return False


def read_archive(file: SourceFile, options: ReadOptions, read: Reader) -> Reading:
    """All tables with scores, every row observed on the latest day that one of them was seen.

    Raises:
        TrackerError: no archive within the limits, none of its tables has scores, or one is
            damaged.
        UsageError: the caller names one index for all of them.
    """
    if options.index_name is not None:
        raise UsageError(
            f"{file.name} holds many tables, which cannot all be the index '{options.index_name}'.",
            "Leave `index` out: each has its own name.",
            "several_indices",
            field="index",
        )
    named = day_in_name(file)
    if named is not None and options.observed_on is None:
        options = replace(options, observed_on=named)
    readings: list[Reading] = []
    others: list[str] = []
    for name, content in _members(file):
        member = SourceFile(Path(PurePosixPath(name).name), content, file.fetched_on)
        try:
            readings.append(_named(read(member, options), name, sum(r.read for r in readings)))
        except TrackerError as error:
            if error.code not in {"no_scores", "missing_column"}:
                raise
            others.append(name)
    if not readings:
        raise TrackerError(
            f"{file.name} holds no table with scores of models.", "Check the path.", "no_scores"
        )
    whole = _together(options, readings, others)
    if named is None or named != options.observed_on:
        return whole
    told = Inferred("observed_on", str(named), "the name of the file")
    return replace(whole, inferred=[*whole.inferred, told])


def _members(file: SourceFile) -> list[tuple[str, bytes]]:
    hint = "Fetch the archive again."
    try:
        with zipfile.ZipFile(io.BytesIO(file.read(MAX_BYTES))) as archive:
            listed = [m for m in archive.infolist() if m.filename.lower().endswith(".csv")]
            if len(listed) > MAX_MEMBERS or sum(m.file_size for m in listed) > MAX_UNPACKED:
                raise file.too_large(MAX_UNPACKED)
            # Never more than what the member says that it holds.
            return [(m.filename, archive.open(m).read(m.file_size)) for m in listed]
    except TrackerError:
        raise
    except Exception as error:  # zipfile raises whatever the damage leads to
        why = printable(str(error))[:200]
        raise TrackerError(f"{file.name} cannot be unpacked: {why}.", hint, "bad_file") from error


def _named(reading: Reading, member: str, before: int) -> Reading:
    """A reading whose problems and notes say of which table they are.

    Its rows are counted on from the `before` ones of other tables, so that each has its own number.
    """
    shown = printable(member)[:100]

    def of_member(problems: list[Problem]) -> list[Problem]:
        return [
            replace(p, row=p.row + before, reason=f"{p.reason} (row {p.row} of {shown})")
            for p in problems
        ]

    return replace(
        reading,
        rows=reading.rows.with_columns(pl.col("row") + before),
        problems=of_member(reading.problems),
        skipped=of_member(reading.skipped),
        notes=[f"{shown}: {note}" for note in reading.notes],
    )


def _together(options: ReadOptions, readings: list[Reading], others: list[str]) -> Reading:
    rows = pl.concat([r.rows for r in readings])
    inferred = list(dict.fromkeys(i for r in readings for i in r.inferred))
    day = rows["observed_on"].max()
    if options.observed_on is None and isinstance(day, date):
        rows = rows.with_columns(observed_on=pl.lit(day))
        inferred = [i for i in inferred if i.field != "observed_on"]
        inferred.append(Inferred("observed_on", str(day), "the latest day in the archive"))
    notes = [note for r in readings for note in r.notes]
    if others:
        tables = counted(len(others), "table has", "tables have")
        notes.append(f"{tables} no scores of models: {printable(', '.join(others[:5]))[:300]}.")
    return Reading(
        rows,
        sum(r.read for r in readings),
        [p for r in readings for p in r.problems],
        [p for r in readings for p in r.skipped],
        *batch(rows),
        notes,
        inferred,
    )
