"""Results of single evaluations: records of Every Eval Ever and `.eval_results` of Hugging Face.

Read are the aggregate record of schema 0.3 of github.com/evaleval/every_eval_ever (JSON; earlier
0.2 is alike) and the YAML files of a model repository (huggingface.co/docs/hub/eval-results). Each
benchmark and metric is an index of its own. Its version says on which scale a file states it:
`proportion` (0 to 1), `percent` (0 to 100), another unit by its name, or `as-published` where the
file states none, as those of Hugging Face do not. A value is never turned into another.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from math import isfinite, sqrt
from typing import Any

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.contract import MissingFact, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import (
    MAX_BYTES,
    Json,
    WrongMember,
    flag_of,
    number_of,
    object_of,
    parse_json,
    text_of,
    whole_text,
)
from tracker.sources.formats.yaml import parse_yaml
from tracker.sources.rows import Records
from tracker.sources.standard_errors import stderr_of
from tracker.text.counting import counted
from tracker.text.printable import printable

DESCRIPTION = (
    "evaluations of one model: a record of every_eval_ever (JSON) or .eval_results of Hugging Face"
    " (YAML)"
)
MAX_RESULTS = 100_000
UNIT_NOT_SAID = "as-published"
_EXPECTED = (
    "Expected a record of every_eval_ever ('model_info' and 'evaluation_results') or a list of "
    "results of Hugging Face ('dataset' and 'value')."
)
_UNITS: dict[tuple[float | None, float | None], str] = {
    (0.0, 1.0): "proportion",
    (0.0, 100.0): "percent",
}
_SAME_UNIT = {"fraction": "proportion", "%": "percent", "percentage": "percent"}
# A moment in seconds or milliseconds since 1970, as text.
_SECONDS = re.compile(r"(?P<seconds>\d{9,10}(?:\.\d*)?)|(?P<thousandths>\d{13})")


class NoFrontier(Exception):
    """A result that states no value of which more is better."""


@dataclass(frozen=True)
class Model:
    """The model of a file: its name and lab, and whether its weights are to be had."""

    name: str | None
    lab: str | None
    open_weights: bool | None


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """The results in a file, observed on the day of each: of the evaluation, else of the record.

    The model of Hugging Face is that of the repository, told by the folders above the file.
    Results of which less is better are skipped and counted: they have no frontier here.

    Raises:
        TrackerError: neither of the two files, or one beyond the limits.
        MissingFact: nobody says the day, or no folder the model.
    """
    content = file.read(MAX_BYTES)
    file = replace(file, content=content)
    found = Records(file, options)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        document = parse_json(file, _EXPECTED)
    else:
        document = parse_yaml(file, _EXPECTED)
    if isinstance(document, dict) and "evaluation_results" in document:
        document = [document]
    if not isinstance(document, list) or not document:
        raise TrackerError(f"{file.name} holds no results of evaluations.", _EXPECTED, "bad_file")
    results = list(_of_documents(file, document))
    if len(results) > MAX_RESULTS:
        raise TrackerError(
            f"{file.name} has more than {MAX_RESULTS:,} results.", _EXPECTED, "too_large"
        )
    for row, (model, common, result) in enumerate(results, start=1):
        try:
            facts = _facts(model, common, object_of(result, "evaluation_results"), options)
        except WrongMember as wrong:
            found.reject(row, wrong.field, wrong.reason)
        except NoFrontier as reason:
            found.skip(row, "value", str(reason))
        else:
            found.add(row, facts)
    rows = found.checked()
    return found.reading(rows, _notes(rows, len(found.skipped)))


Facts = dict[str, str | bool | date | None]
# Of every_eval_ever, its record; of Hugging Face none.
Result = tuple[Model, Json | None, Any]


def _of_documents(file: SourceFile, documents: list[Any]) -> Iterator[Result]:
    """Each result with its model and its record."""
    repository: Model | None = None
    for entry in documents:
        held: Json = entry if isinstance(entry, dict) else {}
        results = held.get("evaluation_results")
        if isinstance(results, list):
            model = _model_of(file, held)
            yield from ((model, held, result) for result in results)
        elif "dataset" in held or "value" in held:
            repository = repository or _repository(file)
            yield repository, None, held
        else:
            raise TrackerError(f"{file.name} is of another shape.", _EXPECTED, "bad_file")


def _facts(model: Model, record: Json | None, result: Json, options: ReadOptions) -> Facts:
    """One result as columns of an observation; raises WrongMember and NoFrontier."""
    of = _of_hub(result) if record is None else _of_record(record, result)
    index = str(of["index_name"])
    return {
        **of,
        "model": model.name,
        "lab": model.lab,
        "open_weights": model.open_weights,
        "index_name": options.index_name or index,
    }


# every_eval_ever


def _model_of(file: SourceFile, record: Json) -> Model:
    """The model of a record: the last part of its id; its developer, else the first part."""
    try:
        info = object_of(record.get("model_info"), "model_info")
        identity = text_of(info, "id", "model_info.id") or text_of(info, "name", "model_info.name")
        if not identity or not identity.strip("/ "):
            raise WrongMember("model_info.id", "is absent")
        developer = text_of(info, "developer", "model_info.developer")
        details = object_of(info.get("additional_details") or {}, "model_info.additional_details")
    except WrongMember as wrong:
        raise TrackerError(
            f"{file.name}: {wrong.field} {wrong.reason}.", _EXPECTED, "bad_file"
        ) from wrong
    availability = details.get("model_availability")
    is_open = {"open_weights": True, "closed_weights": False}.get(str(availability))
    return _model(identity, developer, is_open)


def _of_record(record: Json, result: Json) -> Facts:
    metric = object_of(result.get("metric_config"), "metric_config")
    details = object_of(result.get("score_details"), "score_details")
    name = text_of(result, "evaluation_name", "evaluation_name")
    if not name or not name.strip():
        raise WrongMember("evaluation_name", "is absent")
    measure = text_of(metric, "metric_id", "metric_config.metric_id") or text_of(
        metric, "metric_name", "metric_config.metric_name"
    )
    if flag_of(metric, "lower_is_better", "metric_config.lower_is_better"):
        raise NoFrontier(f"{name[:200]}: less is better")
    score = _score(metric, details, name)
    source = object_of(record.get("source_metadata") or {}, "source_metadata")
    by = text_of(source, "source_name", "source_metadata.source_name") or text_of(
        source, "source_organization_name", "source_metadata.source_organization_name"
    )
    # A metric that holds the name of its evaluation, or is held by it, is named once.
    apart = measure is not None and measure not in name and name not in measure
    return {
        "index_name": f"{name} {measure}" if apart else max(name, measure or "", key=len),
        "index_version": _unit(metric),
        "value": score,
        "stderr": _uncertainty(details),
        "observed_on": _day(result, record),
        "source": (by or "every_eval_ever")[:100].strip(),
        "source_url": _address(result),
    }


def _score(metric: Json, details: Json, name: str) -> str:
    """The score within the bounds that are stated; raises WrongMember and NoFrontier."""
    score = number_of(details, "score", "score_details.score")
    if score is None:
        raise NoFrontier(f"{name[:200]} has no score")
    if metric.get("has_unknown_level") is True and float(score) == -1:
        raise NoFrontier(f"{name[:200]} has an unknown level")
    for key, sign in (("min_score", 1), ("max_score", -1)):
        bound = _bound(metric, key)
        if bound is not None and sign * (float(score) - bound) < -1e-9 * max(1.0, abs(bound)):
            raise WrongMember("score_details.score", f"{score[:40]} is beyond {key} {bound:g}")
    return score


def _bound(metric: Json, key: str) -> float | None:
    """A bound of the scores; None where it is absent, null or the text "Infinity"."""
    value = metric.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    bound = float(str(value))
    return bound if isfinite(bound) else None


def _unit(metric: Json) -> str:
    """The scale that a metric states: its unit, else its bounds."""
    stated = text_of(metric, "metric_unit", "metric_config.metric_unit") or ""
    bounds = _bound(metric, "min_score"), _bound(metric, "max_score")
    by_bounds = _UNITS.get(bounds, UNIT_NOT_SAID)
    unit = _SAME_UNIT.get(stated.strip().lower(), stated.strip().lower()) or by_bounds
    if unit in _UNITS.values() and None not in bounds and unit != by_bounds:
        return f"{unit} {bounds[0]:g} to {bounds[1]:g}"[:60]
    return unit[:60]


def _uncertainty(details: Json) -> str | None:
    """The standard error: as stated, else of the interval, else of the samples."""
    if details.get("uncertainty") is None:
        return None
    where = "score_details.uncertainty"
    held = object_of(details["uncertainty"], where)
    if held.get("standard_error") is not None:
        stated = object_of(held["standard_error"], f"{where}.standard_error")
        if (error := number_of(stated, "value", f"{where}.standard_error.value")) is not None:
            return error
    if held.get("confidence_interval") is not None:
        interval = object_of(held["confidence_interval"], f"{where}.confidence_interval")
        ends = (
            number_of(interval, key, f"{where}.confidence_interval.{key}")
            for key in ("lower", "upper", "confidence_level")
        )
        low, high, level = (None if end is None else float(end) for end in ends)
        if low is not None and high is not None and level is not None and 0 < level < 1:
            return repr(stderr_of(low, high, level))
    spread = number_of(held, "standard_deviation", f"{where}.standard_deviation")
    samples = number_of(held, "num_samples", f"{where}.num_samples")
    if spread is not None and samples is not None and float(samples) > 0:
        return repr(float(spread) / sqrt(float(samples)))
    return None


def _day(result: Json, record: Json) -> str | None:
    """The day of the evaluation, else that on which the record was made."""
    for holder, key in (
        (result, "evaluation_timestamp"), (record, "evaluation_timestamp"),
        (record, "retrieved_timestamp"),
    ):  # fmt: skip
        stated = holder.get(key)
        if stated not in (None, ""):
            return _date(stated, key)
    return None


def _date(stated: Any, field: str) -> str:
    """A moment as the day in UTC: seconds since 1970 or ISO text; raises WrongMember."""
    text = str(stated).strip()
    try:
        if since := _SECONDS.fullmatch(text):
            seconds = float(since["seconds"] or int(since["thousandths"]) / 1000)
            return str(datetime.fromtimestamp(seconds, UTC).date())
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise WrongMember(field, f"{printable(text[:40])!r} is no moment") from None
    return str((moment if moment.tzinfo is None else moment.astimezone(UTC)).date())


def _address(result: Json) -> str | None:
    """Where the dataset of a result is."""
    data = object_of(result.get("source_data") or {}, "source_data")
    if isinstance(data.get("url"), list):
        address = next((u for u in data["url"] if isinstance(u, str)), None)
        return address and whole_text(address, "source_data.url")
    repository = text_of(data, "hf_repo", "source_data.hf_repo")
    return f"https://huggingface.co/datasets/{repository}" if repository else None


# Hugging Face


def _repository(file: SourceFile) -> Model:
    """The model of the repository that a file of `.eval_results` lies in."""
    parts = file.path.parts
    at = max((i for i, part in enumerate(parts) if part == ".eval_results"), default=0)
    above = parts[:at]
    cached = next((p for p in reversed(above) if p.startswith("models--")), None)
    if cached is not None:
        identity = cached.removeprefix("models--").replace("--", "/")
    elif len(above) >= 2:
        identity = "/".join(above[-2:])
    else:
        raise MissingFact(
            "model",
            f"{file.name} does not say whose results it holds, nor do the folders above it.",
            "Keep it as in its repository: ORGANISATION/MODEL/.eval_results/FILE.",
        )
    return _model(identity, None, True)


def _of_hub(result: Json) -> Facts:
    dataset = object_of(result.get("dataset"), "dataset")
    name = text_of(dataset, "id", "dataset.id")
    if not name or not name.strip():
        raise WrongMember("dataset.id", "is absent")
    task = text_of(dataset, "task_id", "dataset.task_id") or text_of(
        dataset, "config", "dataset.config"
    )
    value = result.get("value")
    if value is None:
        raise NoFrontier(f"{name[:200]} has no value")
    number = number_of(result, "value", "value")
    if number is None or not isfinite(float(number)):
        raise WrongMember("value", f"{value!r} is not a finite number")
    source = object_of(result.get("source") or {}, "source")
    stated = result.get("date")
    # A task of the dataset's own name, or the default one, adds nothing.
    apart = task and _folded(task) not in ("default", _folded(name.split("/")[-1]))
    notes = text_of(result, "notes", "notes")
    revision = text_of(dataset, "revision", "dataset.revision")
    return {
        "index_name": f"{name} {task}" if apart else name,
        "index_version": UNIT_NOT_SAID,
        "value": number,
        "observed_on": None if stated in (None, "") else _date(stated, "date"),
        "source": "huggingface",
        "source_url": text_of(source, "url", "source.url"),
        "note": "; ".join(filter(None, (notes, revision and f"dataset revision {revision}")))
        or None,
    }


def _model(identity: str, lab: str | None, is_open: bool | None) -> Model:
    """A model by an id such as organisation/name; whoever tunes a model further is its lab."""
    organisation, _, name = identity.strip("/ ").rpartition("/")
    stated = (lab, organisation.split("/")[0])
    said = next((s for s in stated if s and s.strip().lower() not in ("", "unknown")), None)
    return Model(name, said, is_open)


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _notes(rows: pl.DataFrame, skipped: int) -> list[str]:
    notes: list[str] = []
    if skipped:
        has = counted(skipped, "result has", "results have")
        notes.append(f"{has} no value of which more is better.")
    small = rows.filter(index_version=UNIT_NOT_SAID).filter(pl.col("value").abs() <= 1).height
    if small:
        lies = counted(small, "value lies", "values lie")
        notes.append(
            f"{lies} within one of zero, and the file does not say whether they are shares or "
            "percentages: kept as published."
        )
    return notes
