"""The check of one observation that a person states, for `log` and for `correct`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from forecasts.errors import UsageError
from tracker.recording.likeness import near_lab
from tracker.recording.plausibility import outside_bounds
from tracker.sources.contract import Problem, ReadOptions
from tracker.sources.formats.numbers import AUTO
from tracker.sources.labs import Known
from tracker.sources.rows import check_rows, one_row
from tracker.store.schema import MAX_TEXT, SCHEMA, STATED, text_problem
from tracker.workspace_data import WorkspaceData


def check_one(
    data: WorkspaceData, facts: Mapping[str, object], known: Known, lab: str | None = None
) -> pl.DataFrame:
    """One observation in the columns STATED, typed, what it leaves open filled from `known`.

    Raises UsageError naming the field that cannot be stored as it is, and a lab whose name is
    near to `lab`.
    """
    today = datetime.now(UTC).date()
    options = ReadOptions(data.catalogue, today, "", "", own={"decimal": AUTO}, known=known)
    good, problems = check_rows(one_row(facts), options)
    if problems:
        raise _as_error(data, problems[0], lab)
    return good.select(STATED)


def refuse_homeless(data: WorkspaceData, row: pl.DataFrame) -> None:
    """Raise UsageError when nobody knows the country of the model of `row`."""
    if row["country"].null_count():
        reason = "the lab is not in the catalogue, and no country is given"
        raise _as_error(data, Problem(1, "country", reason), row["lab"][0])


def refuse_blank(facts: Mapping[str, object]) -> None:
    """Raise UsageError when a lab or a country is given that is blank."""
    for name in ("lab", "country"):
        given = facts.get(name)
        if given is not None and not str(given).strip():
            raise UsageError(
                f"`{name}` is empty.", "Give a name, or leave it out.", "empty_option", field=name
            )


def refuse_reason(reason: str) -> None:
    """Raise UsageError when a reason is blank or cannot be stored as a note."""
    problem = "is empty" if not reason.strip() else text_problem(reason)
    if problem is None and len(reason) > MAX_TEXT["note"]:
        problem = f"is longer than {MAX_TEXT['note']} characters"
    if problem:
        raise UsageError(f"`reason`: the text {problem}.", "", "bad_reason", field="reason")


def refuse_outside(data: WorkspaceData, row: pl.DataFrame) -> None:
    """Raise UsageError when the value of `row` lies outside the bounds of its index."""
    for _, reason in outside_bounds(data, row):
        raise UsageError(
            f"`value`: {reason}.",
            "Check the value; `outside_bounds` records it all the same.",
            "outside_bounds",
            field="value",
        )


def refuse_scheme(url: object) -> None:
    """Raise UsageError when an address has a scheme other than http, https, doi or file."""
    # One letter is a drive of a file's path; a dot belongs to the name of a host.
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+-]+):", str(url or ""))
    if scheme and scheme[1].lower() not in {"http", "https", "doi", "file"}:
        raise UsageError(
            f"`source_url`: '{scheme[1]}:' is no address of a page.",
            "Give one with https:// or http://, a doi:, or the path of a file.",
            "bad_source_url",
            field="source_url",
        )


def _as_error(data: WorkspaceData, problem: Problem, lab: str | None) -> UsageError:
    # Only files have an option for the decimal sign.
    field, reason = problem.field, problem.reason.split(": say `decimal`")[0]
    hint = "See `tracker log --help`."
    if field in {"lab", "country"}:
        hint = "Give `country` with a two-letter code, such as `country` CN."
        near = None if lab is None else near_lab(data, lab)
        if near is not None:
            hint = f"Did you mean `lab` {near!r}? If not: {hint}"
    read = re.fullmatch(r"'[^']*' is (-?[\d.]+)( or -?[\d.]+| with a decimal comma)", reason)
    if read:
        hint = f"Write {read[1]}{read[2] if 'or' in read[2] else ''}."
    elif "," in reason and SCHEMA.get(field) == pl.Float64():
        hint = "Write it like 58.1, without commas."
    return UsageError(f"`{field}`: {reason}.", hint, f"bad_{field}", field=field)
