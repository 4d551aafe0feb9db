"""State, correct and take back a fact of a model by hand."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.facts import FACTS
from tracker.queries.facts import check_name
from tracker.queries.listing import history
from tracker.recording.one_row import refuse_reason
from tracker.store.facts import STATED, no_facts
from tracker.store.schema import MAX_NUMBER, MAX_TEXT, text_problem
from tracker.workspace_data import WorkspaceData

Value = float | str | bool
_FLAGS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


@dataclass(frozen=True)
class Statement:
    """A fact of a model.

    Attributes:
        name: one of `forecasts.measures.facts.FACTS`, `value` what it is.
        observed_on: when it was seen, today if left out.
    """

    model: str
    name: str
    value: Value
    observed_on: date | None = None
    source: str = "manual"
    source_url: str | None = None
    note: str | None = None


def state(data: WorkspaceData, said: Statement) -> tuple[str, bool]:
    """Record a fact; returns its id and whether it was new.

    Raises UsageError: the model or the fact is unknown, the value is none of its kind, or the day
    is in the future.
    """
    today = datetime.now(UTC).date()
    observed = said.observed_on or today
    if observed > today:
        raise UsageError(f"`observed_on` {observed} is in the future.", "", field="observed_on")
    known = history(data, said.model)  # raises for a model that nobody has measured
    for name in ("source", "source_url", "note"):
        _check_text(name, getattr(said, name))
    row = {
        "model": known["model"][-1],
        "name": said.name,
        **read_value(said.name, said.value),
        "observed_on": observed,
        "source": said.source,
        "source_url": said.source_url,
        "note": said.note,
    }
    stated = pl.DataFrame([{c: row.get(c) for c in STATED}], schema=no_facts().schema)
    new = data.facts.unknown(stated)
    data.facts.record(new)
    return data.facts.id_of(stated), bool(new.height)


def correct(data: WorkspaceData, fact_id: str, value: Value, note: str | None = None) -> str:
    """Supersede a fact that stands with another value; returns the id of the new row.

    Raises UsageError: there is no such fact, or the value is none of its kind or the same.
    """
    _check_text("note", note)
    old = data.facts.find(fact_id)
    read = read_value(str(old["name"]), value)
    if all(old[kind] == said for kind, said in read.items()):
        raise UsageError("The correction changes nothing.", "Give another value.")
    return data.facts.correct(fact_id, {**read, "note": note})


def retract(data: WorkspaceData, fact_id: str, reason: str) -> str:
    """Take back a fact that stands; returns the id of the retraction.

    Raises UsageError: there is no such fact, or the reason is blank.
    """
    refuse_reason(reason)
    return data.facts.retract(fact_id, reason)


def read_value(name: str, value: Value) -> dict[str, str | float | None]:
    """A value of the fact `name` as `text` and `number`; raises UsageError when it is none."""
    check_name(name)
    fact = FACTS[name]
    text = str(value).strip()
    if fact.kind == "number":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number) or not 0 <= number <= MAX_NUMBER:
            raise UsageError(
                f"`{name}` cannot be '{text[:100]}': it is a number of {fact.unit}.", "",
                field="value",
            )  # fmt: skip
        return {"text": None, "number": number}
    if fact.kind == "flag":
        if text.lower() not in _FLAGS:
            raise UsageError(f"`{name}` cannot be '{text[:100]}': it is true or false.", "",
                             field="value")  # fmt: skip
        return {"text": _FLAGS[text.lower()], "number": None}
    if not text:
        raise UsageError(f"`{name}` is empty.", "Give a text.", field="value")
    _check_text("value", text)
    return {"text": text, "number": None}


def _check_text(field: str, text: str | None) -> None:
    problem = text_problem(text or "")
    most = MAX_TEXT.get(field, 500)
    if problem is None and len(text or "") > most:
        problem = f"is longer than {most} characters"
    if field == "source" and not (text or "").strip():
        problem = "is empty"
    if problem:
        raise UsageError(f"`{field}`: the text {problem}.", "", "bad_text", field=field)
