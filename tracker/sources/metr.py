"""Time horizons of METR: how long the tasks are, in minutes of human work, that a model completes
with a probability of 50% (p50) or 80% (p80).

Read are `benchmark_results_*.yaml` as METR publishes it and the table of fits
`logistic_fits/headline.csv` of github.com/METR/eval-analysis-public. Each probability is an index.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import Any

from forecasts.errors import TrackerError
from tracker.sources.address import YAML, Address
from tracker.sources.basis import day_in_name
from tracker.sources.contract import MissingFact, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.delimited import open_table
from tracker.sources.formats.json import (
    Json,
    WrongMember,
    number_of,
    object_of,
    text_of,
    whole_text,
)
from tracker.sources.formats.numbers import is_mark
from tracker.sources.formats.yaml import MAX_BYTES, parse_yaml
from tracker.sources.rows import Records
from tracker.sources.standard_errors import factor_stderr
from tracker.text.counting import counted
from tracker.text.printable import printable

DESCRIPTION = "time horizons of METR: benchmark_results_*.yaml, or its table of fits (CSV)"
WHOLE = True
ADDRESSES = {
    version: Address(f"https://metr.org/assets/{name}", name, YAML)
    for version, name in (
        ("1.1", "benchmark_results_1_1.yaml"), ("1.0", "benchmark_results_1_0.yaml"),
    )
}  # fmt: skip
MAX_ROWS = 100_000
_EXPECTED = "Expected METR's benchmark_results_*.yaml (a mapping 'results') or headline.csv."
# Of the file of results: quantiles 0.025 and 0.975 of the bootstrap.
_LEVEL = 0.95
_METRIC = re.compile(r"p(\d{1,2})_horizon_length")
_FIT = re.compile(r"p(\d{1,2})")
_QUANTILE = re.compile(r"p(\d{1,2})q(\d{1,3}(?:\.\d+)?)")
# What a key says of the scaffold, not of the model.
_SCAFFOLD = re.compile(r"[ _-]*\(?\binspect\)?$", re.IGNORECASE)
_VERSION = re.compile(r"v(\d+(?:[._]\d+)*)$", re.IGNORECASE)
# Where a path says the version, as in time-horizon-1-1/ or benchmark_results_1_1.yaml.
_IN_PATH = re.compile(r"(?:time-horizon|benchmark_results)[-_](\d+)[-_](\d+)(?!\d)")


@dataclass(frozen=True)
class Horizon:
    """A horizon in minutes: the percentage of success, the estimate and its interval if stated."""

    percent: int
    value: float
    low: float | None = None
    high: float | None = None
    level: float = _LEVEL


@dataclass(frozen=True)
class Fit:
    """What a file says of one model."""

    row: int
    name: str
    released_on: str | None
    version: str | None
    horizons: list[Horizon]


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """The horizons of each model, observed on the day in the file's name, else on the latest
    release date in it.

    The version is that of the result's own `benchmark_name`, else of the file's: a file of 1.1
    takes older models over from 1.0. `stderr` is as of `factor_stderr`, on the 95% interval; the
    interval itself is in the note. A model without a horizon, or one of zero, which a logarithmic
    scale does not have, is skipped and counted.

    Raises:
        TrackerError: neither of the two files, or one beyond the limits.
        MissingFact: nobody says the version or the day.
    """
    # Held once: it is looked at before it is read, and a pipe gives its content once.
    file = replace(file, content=file.read(MAX_BYTES))
    found = Records(file, options)
    main = None
    if _is_table(file):
        fits = list(_of_table(file, found))
    else:
        document = parse_yaml(file, _EXPECTED)
        main = _version(document.get("benchmark_name")) if isinstance(document, dict) else None
        fits = list(_of_results(file, document, found))
    main = main or _version_in_path(file)
    days = [day for fit in fits if (day := _day(fit.released_on)) and day <= options.today]
    observed = _observed(found, max(days, default=None))
    for fit in fits:
        _add(found, fit, main, observed)
    rows = found.checked()
    reading = found.reading(rows, _notes(found))
    versions = set(rows.select("index_name", "index_version").unique().iter_rows())
    others = {pair for pair in versions if main is not None and pair[1] != main}
    forced = options.index_version is not None
    return replace(reading, partial=frozenset() if forced else frozenset(others))


def _add(found: Records, fit: Fit, main: str | None, observed: date) -> None:
    """The horizons of one model that have a place on the scale."""
    if not fit.horizons:
        found.skip(fit.row, "p50_horizon_length", f"{fit.name[:200]} has no horizon")
    version = fit.version or _said_version(found, main)
    for horizon in fit.horizons:
        if horizon.value <= 0:
            field = f"p{horizon.percent}_horizon_length"
            found.skip(fit.row, field, f"{fit.name[:200]} has a horizon of {horizon.value:g}")
            continue
        found.add(fit.row, {
            "model": fit.name,
            "released_on": fit.released_on,
            "index_name": _index(horizon.percent, found.options),
            "index_version": version,
            "observed_on": observed,
            "source": "metr",
            **_uncertain(horizon),
        })  # fmt: skip


def _uncertain(horizon: Horizon) -> dict[str, str | None]:
    """The value, its standard error and the interval as it was stated."""
    value, low, high = horizon.value, horizon.low, horizon.high
    stderr = note = None
    if low is not None and high is not None:
        error = factor_stderr(value, low, high, horizon.level)
        stderr = None if error is None else repr(error)
        note = f"{100 * horizon.level:g}% interval {low!r} to {high!r} minutes"
    return {"value": repr(value), "stderr": stderr, "note": note}


def _index(percent: int, options: ReadOptions) -> str:
    if options.index_name is None:
        return f"METR time horizon p{percent}"
    return options.index_name if percent == 50 else f"{options.index_name} p{percent}"


def _said_version(found: Records, main: str | None) -> str:
    """The version of results that state none themselves."""
    if found.options.index_version is not None or main is not None:
        return found.options.index_version or str(main)
    raise MissingFact(
        "version",
        f"{found.file.name} does not say which version of the time horizons it holds.",
        "Say it with `version` NAME, for example 1.1.",
    )


def _observed(found: Records, latest: date | None) -> date:
    if found.file.fetched_on is not None:
        return found.basis.day()
    named = day_in_name(found.file)
    where = "the name of the file" if named else "the latest release in the file"
    return found.basis.day(named or latest, where)


def _version(name: object) -> str | None:
    """The version that a `benchmark_name` ends in; METR-Horizon-v1 is 1.0."""
    if not isinstance(name, str) or not (ended := _VERSION.search(name.strip())):
        return None
    version = ended[1].replace("_", ".")
    return version if "." in version else f"{version}.0"


def _version_in_path(file: SourceFile) -> str | None:
    for part in reversed(file.path.parts):
        if in_path := _IN_PATH.search(part):
            return f"{in_path[1]}.{in_path[2]}"
    return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _notes(found: Records) -> list[str]:
    n = len(found.skipped)
    if not n:
        return []
    return [f"{counted(n, 'horizon is', 'horizons are')} absent or zero and skipped."]


# The file of results


def _of_results(file: SourceFile, document: Any, found: Records) -> Iterator[Fit]:
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict) or not results:
        raise TrackerError(f"{file.name} is YAML of another shape.", _EXPECTED, "bad_file")
    stated = {_version(r.get("benchmark_name")) for r in results.values() if isinstance(r, dict)}
    found.basis.accept({v for v in (*stated, _version(document.get("benchmark_name"))) if v})
    for row, (key, result) in enumerate(results.items(), start=1):
        if result is None:
            result = {}
        try:
            held = object_of(result, "results")
            released = _released(held)
            name = _name_of_key(whole_text(key, "results"))
            own = None if found.options.index_version else _version(held.get("benchmark_name"))
            yield Fit(row, name, released, own, [h for m in _metrics(held) for h in _horizons(m)])
        except WrongMember as wrong:
            found.reject(row, wrong.field, wrong.reason)


def _released(result: Json) -> str | None:
    """The release date as text; a year alone is a number in YAML."""
    year = result.get("release_date")
    if isinstance(year, int) and not isinstance(year, bool):
        return str(year)
    return text_of(result, "release_date", "release_date")


def _metrics(result: Json) -> list[Json]:
    """Where a result has its horizons: `metrics`, in older files each of `agents`."""
    if result.get("metrics") is not None:
        return [object_of(result["metrics"], "metrics")]
    agents = object_of(result.get("agents") or {}, "agents")
    return [object_of(agent, "agents") for agent in agents.values()]


def _horizons(metrics: Json) -> Iterator[Horizon]:
    for field, held in metrics.items():
        stated = _METRIC.fullmatch(field)
        if stated is None or held is None:
            continue
        metric = object_of(held, field)
        value = _minutes(metric, "estimate", field)
        if value is not None:
            low, high = _minutes(metric, "ci_low", field), _minutes(metric, "ci_high", field)
            yield _checked(Horizon(int(stated[1]), value, low, high), field)


def _minutes(metric: Json, key: str, field: str) -> float | None:
    text = number_of(metric, key, f"{field}.{key}")
    value = None if text is None else _float(text, f"{field}.{key}")
    return value if value is not None and isfinite(value) else None


def _float(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WrongMember(field, f"{printable(text[:40])!r} is not a number") from None


def _checked(horizon: Horizon, field: str) -> Horizon:
    """The horizon; raises WrongMember where it cannot be so."""
    low, high = horizon.low, horizon.high
    if horizon.value < 0:
        raise WrongMember(field, f"{horizon.value:g} minutes are negative")
    if low is not None and high is not None and low > high:
        raise WrongMember(field, f"has an interval from {low:g} to {high:g}")
    return horizon


def _name_of_key(key: str) -> str:
    """A model's name of its key: claude_3_5_sonnet_20241022_inspect is
    claude-3.5-sonnet-20241022."""
    bare = re.sub(r"_inspect$", "", key.strip(), flags=re.IGNORECASE)
    return re.sub(r"(?<!\d)(\d)_(\d)(?![^_])", r"\1.\2", bare).replace("_", "-")


# The table of fits


def _is_table(file: SourceFile) -> bool:
    """Whether the first line of text has a column `agent` or `p50` and a separator."""
    lines = (line for line in file.read(MAX_BYTES).splitlines() if line.strip())
    cells = [cell.strip(b' "\xef\xbb\xbf') for cell in re.split(rb"[,;\t]", next(lines))]
    return len(cells) > 1 and bool({b"agent", b"p50"} & set(cells))


def _of_table(file: SourceFile, found: Records) -> Iterator[Fit]:
    with open_table(file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",;\t") as table:
        for needed in ("agent", "p50"):
            if needed not in table.columns:
                raise TrackerError(
                    f"{file.name} has no column '{needed}'.",
                    f"Its columns: {printable(', '.join(table.columns)[:300])}.",
                    "missing_column",
                )
        used = [c for c in table.columns if c in ("agent", "release_date") or _FIT.match(c)]
        places = {column: table.position(column) for column in used}
        for row, cells in table.records:
            wrong = table.wrong_length(cells)
            if wrong is not None:
                found.reject(row, "row", wrong)
                continue
            held = {column: cells[place].strip() for column, place in places.items()}
            if held["agent"].casefold() == "human":
                found.skip(row, "agent", "human is no model")
                continue
            try:
                yield Fit(
                    row, _SCAFFOLD.sub("", held["agent"]), held.get("release_date") or None,
                    None, list(_fitted(held)),
                )  # fmt: skip
            except WrongMember as wrong_cell:
                found.reject(row, wrong_cell.field, wrong_cell.reason)


def _fitted(held: dict[str, str]) -> Iterator[Horizon]:
    """Each estimate of a row with the widest interval of quantiles that is symmetric."""
    for column, cell in held.items():
        estimate = _FIT.fullmatch(column)
        if estimate is None or not cell or is_mark(cell):
            continue
        percent = int(estimate[1])
        bounds: dict[float, float] = {}
        for other, text in held.items():
            quantile = _QUANTILE.fullmatch(other)
            if quantile and int(quantile[1]) == percent and text and not is_mark(text):
                bounds[_share(quantile[2])] = _float(text, other)
        value = _float(cell, column)
        if not isfinite(value):
            continue
        below = [q for q in sorted(bounds) if q < 0.5 and _mirrored(q, bounds) is not None]
        horizon = Horizon(percent, value)
        if below:
            high = bounds[_mirrored(below[0], bounds) or 0.0]
            low, level = bounds[below[0]], 1 - 2 * below[0]
            if isfinite(low) and isfinite(high):
                horizon = Horizon(percent, value, low, high, round(level, 6))
        yield _checked(horizon, column)


def _share(text: str) -> float:
    """A quantile as a share: q0.025 is 0.025, q10 is 0.1, q025 and q975 are 0.025 and 0.975."""
    if "." in text:
        return float(text)
    return int(text) / 10 ** len(text)


def _mirrored(quantile: float, bounds: dict[float, float]) -> float | None:
    return next((q for q in bounds if abs(q - (1 - quantile)) < 1e-9), None)
