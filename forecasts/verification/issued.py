"""A forecast as it was issued; `issued_scores` scores it once reality has arrived.

An issued forecast keeps what it said (fifty quantiles of both frontiers and the gap at each month,
and the probability of closing by each quarter, of each model, of their pool, and of two baselines)
and the terms on which it said so. It is never changed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from forecasts.forecasting.closure import Closed, closure
from forecasts.forecasting.forecast import Forecast, model_generator
from forecasts.measures.frontier import to_date
from forecasts.request import Pair, Shared
from forecasts.verification import scoring
from forecasts.verification.backtest import BASELINES, TARGETS, scale_of
from models import load
from models.contract import FloatArray, NotEnoughHistory

POOL = "pool"
EVENTS = ("closed", "ahead", "exhausted")
ROLES = ("model", "pool", "baseline")

# What an issued forecast says, one row per model, target and date.
SAID: dict[str, pl.DataType] = {
    "model": pl.String(),
    "role": pl.String(),
    "target": pl.String(),
    "date": pl.Date(),
    "quantiles": pl.List(pl.Float64()),
    "probability": pl.Float64(),
}
# Circumstances of the issue: two forecasts that differ in nothing else are the same.
CIRCUMSTANCES = ("forecast_id", "issued_at", "data_until", "previous")
# Files of the first format hold neither the moment of issue in their id nor what came before, and
# say nothing of exhausted draws.
FIRST_FORMAT, FORMAT = 1, 2
# Terms that forecasts of the first format left unsaid, and what they meant by it. They stand in an
# id only where they say something else, so that an id of then is the same today.
UNSAID: dict[str, object] = {"shared": "both", "ceiling": None}


@dataclass(frozen=True)
class Terms:
    """On what, for what and how a forecast was made.

    Attributes:
        recorded_before: the moment just before which the workspace was read, if one was named.
        leader, follower: the blocs; leader_model, leader_value and so on are the records that
            stood on the day of the forecast, in points.
        definition, hold_days, tolerance: what counts as closed, see `Forecast`.
        draws, seed: of the pooled forecast; each baseline has as many draws of its own.
        models, failed: names that were pooled with equal weight, and those that could not be
            fitted, with the reason.
        scale: points that scores of this index are divided by to compare it with others.
        program_version: of the program that issued it.
        shared: what models of both blocs counted for, see `Pair`.
        ceiling: upper bound of the index in points, where it has one and a gap that closes there
            does not count as closed; None where it does.
    """

    as_of: date
    vintage: str
    recorded_before: datetime | None
    index_name: str
    index_version: str
    leader: str
    leader_model: str
    leader_value: float
    leader_released_on: date
    follower: str
    follower_model: str
    follower_value: float
    follower_released_on: date
    tolerance: float
    definition: str
    hold_days: int
    horizon_months: int
    draws: int
    seed: int
    models: list[str]
    failed: list[str]
    scale: float
    program_version: str
    note: str
    shared: Shared = "both"
    ceiling: float | None = None

    @property
    def pair(self) -> Pair:
        """The blocs, and what models of both counted for."""
        return Pair(self.leader, self.follower, self.shared)

    @property
    def closed(self) -> Closed:
        """What counts as closed."""
        level = self.leader_value if self.definition == "today" else None
        bound = float("inf") if self.ceiling is None else self.ceiling
        return Closed(self.tolerance, self.hold_days, level, bound)


@dataclass(frozen=True)
class Issued:
    """An issued forecast.

    Attributes:
        forecast_id: hash of what it says, of the moment of issue, of the data's end and of
            `previous` (in the first format of what it says alone), 32 hex digits.
        issued_at: moment of issue, UTC.
        data_until: last `observed_on` of its index version that the workspace held at that moment,
            whether the forecast was allowed to see it or not.
        said: rows of SAID. `target` is leader, follower or gap with `quantiles` at the levels of
            `scoring` in points, or closed (by that date), ahead (on that date, below the ceiling)
            or exhausted (the leader at the ceiling by that date, not closed before) with
            `probability`; `role` is model, pool (where there are several models) or baseline.
        previous: ids of the forecasts issued before it that no other one named at that moment:
            one, or several where copies of a ledger had grown apart.
        format: of the file that it was read from.
    """

    forecast_id: str
    issued_at: datetime
    data_until: date
    terms: Terms
    said: pl.DataFrame
    previous: tuple[str, ...] = ()
    format: int = FORMAT

    @cached_property
    def content(self) -> str:
        """Hash of what it says and of its terms: the same forecast issued twice has the same."""
        return content_id(self.terms, self.said)

    @cached_property
    def right_id(self) -> str:
        """The id that it should have."""
        if self.format == FIRST_FORMAT:
            return self.content
        return forecast_id(self.content, self.issued_at, self.data_until, self.previous)

    @property
    def headline(self) -> str:
        """The model that speaks for the forecast: the pool, or the only one."""
        return POOL if len(self.terms.models) > 1 else self.terms.models[0]

    @property
    def probability_closed(self) -> float:
        """The headline's probability that the gap closes within the horizon."""
        chance = self._probability("closed")
        assert chance is not None  # every forecast says so much
        return chance

    @property
    def probability_exhausted(self) -> float | None:
        """The headline's probability that the leader reaches the ceiling before the gap closes;
        None where the forecast does not tell one from the other.
        """
        return self._probability("exhausted")

    def _probability(self, target: str) -> float | None:
        rows = self.said.filter(model=self.headline, target=target)
        found = rows.filter(pl.col("role") != "baseline").sort("date")["probability"]
        return float(found[-1]) if found.len() else None

    @property
    def dates(self) -> list[date]:
        """The monthly dates that it speaks of, in order."""
        return self.said.filter(pl.col("probability").is_null())["date"].unique().sort().to_list()

    def is_retrospective(self, on: date) -> bool:
        """Whether what happened by `on` could be known when the forecast was issued."""
        return on <= max(self.issued_at.date(), self.data_until)


def issue(
    forecast: Forecast,
    *,
    issued_at: datetime,
    data_until: date,
    program_version: str,
    note: str = "",
    previous: Sequence[str] = (),
) -> Issued:
    """Keep `forecast` as issued, beside what the baselines would have said at that moment.

    `previous`: the heads of the ledger that it is added to, see `Issued`.
    """
    top, low = forecast.leader.best, forecast.follower.best
    terms = Terms(
        as_of=forecast.as_of,
        vintage=forecast.vintage,
        recorded_before=forecast.request.scope.recorded_before,
        index_name=forecast.index_name,
        index_version=forecast.index_version,
        leader=forecast.leader.bloc,
        leader_model=str(top["model"]),
        leader_value=float(forecast.leader.values[-1]),
        leader_released_on=top["released_on"],  # type: ignore[arg-type]
        follower=forecast.follower.bloc,
        follower_model=str(low["model"]),
        follower_value=float(forecast.follower.values[-1]),
        follower_released_on=low["released_on"],  # type: ignore[arg-type]
        tolerance=forecast.tolerance,
        definition=forecast.request.rule.definition,
        hold_days=forecast.request.rule.hold_days,
        horizon_months=forecast.request.horizon_months,
        draws=forecast.draws,
        seed=forecast.request.seed or 0,
        models=list(forecast.models),
        failed=[f"{f['model']}: {f['reason']}" for f in forecast.failed],
        scale=scale_of(forecast.history),
        program_version=program_version,
        note=note,
        shared=forecast.sharing.rule,
        ceiling=forecast.history.ceiling if np.isfinite(forecast.history.ceiling) else None,
    )
    parts = [_said(forecast, name, "model", paths) for name, paths in forecast.paths.items()]
    if len(forecast.paths) > 1:
        pooled = np.concatenate(list(forecast.paths.values()))
        parts.append(_said(forecast, POOL, "pool", pooled))
    for name in BASELINES:
        try:
            fitted = load(name).fit(forecast.history)
        except NotEnoughHistory:
            continue
        rng = model_generator(forecast.request.seed or 0, name)
        paths = fitted.simulate(forecast.grid.horizon, forecast.draws, rng)
        parts.append(_said(forecast, name, "baseline", paths))
    said = pl.concat(parts)
    before = tuple(sorted(previous))
    identity = forecast_id(content_id(terms, said), issued_at, data_until, before)
    return Issued(identity, issued_at, data_until, terms, said, before)


def _said(forecast: Forecast, model: str, role: str, paths: FloatArray) -> pl.DataFrame:
    """Rows of SAID from draws (draws, 2, times)."""
    at = forecast.grid.months
    both = paths[:, :, at]
    quantiles = scoring.quantiles_of(np.concatenate([both, both[:, :1] - both[:, 1:]], axis=1))
    months = [to_date(d) for d in forecast.grid.horizon.days[at]]
    ends = closure(paths, forecast.grid, forecast.closed).by_quarter
    values = {
        "target": np.repeat(TARGETS, len(months)),
        "date": months * len(TARGETS),
        "quantiles": quantiles.reshape(-1, scoring.K).tolist(),
    }
    chances = pl.concat(
        [
            ends.select(
                pl.lit(event).alias("target"), "date",
                pl.col(f"probability_{event}").alias("probability"),
            )
            for event in EVENTS
        ]
    )  # fmt: skip
    rows = pl.concat([pl.DataFrame(values), chances], how="diagonal_relaxed")
    return rows.select(
        (pl.lit({"model": model, "role": role}[c]) if c in ("model", "role") else pl.col(c))
        .cast(kind)
        .alias(c)
        for c, kind in SAID.items()
    )


def content_id(terms: Terms, said: pl.DataFrame) -> str:
    """Hash of what a forecast says and of its terms: numbers go in as the 64 bits of the double."""
    digest = hashlib.blake2b(digest_size=16)
    stated = {k: v for k, v in asdict(terms).items() if k not in UNSAID or v != UNSAID[k]}
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in stated.items()}
    digest.update(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode())
    for row in said.iter_rows(named=True):
        numbers = row["quantiles"] or [row["probability"]]
        key = (row["model"], row["role"], row["target"], row["date"].isoformat())
        digest.update("\x1f".join(key).encode())
        digest.update(np.array(numbers, dtype="<f8").tobytes())
    return digest.hexdigest()


def forecast_id(
    content: str, issued_at: datetime, data_until: date, previous: Sequence[str]
) -> str:
    """Hash of what was said, when, on data to which day, and after what."""
    parts = (content, issued_at.isoformat(), data_until.isoformat(), *sorted(previous))
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def to_table(issued: Issued) -> pl.DataFrame:
    """The forecast as one table: the rows of `said`, each with the circumstances and the terms."""
    constant = {c: getattr(issued, c) for c in CIRCUMSTANCES} | asdict(issued.terms)
    constant["previous"] = list(issued.previous)
    return issued.said.select(
        *(pl.lit(v, dtype=TABLE[k]).alias(k) for k, v in constant.items()), *SAID
    )


def from_table(table: pl.DataFrame, version: int = FORMAT) -> Issued:
    """Inverse of `to_table`, also for one of the first format, which leaves `UNSAID` out.

    Raises ValueError when the table is not one, when a row of it contradicts another, or when its
    id is not that of its content.
    """
    if version == FIRST_FORMAT and not (set(UNSAID) | {"previous"}) & set(table.columns):
        said = {**UNSAID, "previous": []}
        unsaid = [pl.lit(value, dtype=TABLE[name]).alias(name) for name, value in said.items()]
        table = table.with_columns(unsaid)
        table = table.select(*(c for c in TABLE if c in table.columns))
    if dict(table.schema) != TABLE or table.is_empty():
        raise ValueError("its columns are not those of an issued forecast")
    constant = [name for name in TABLE if name not in SAID]
    if table.select(constant).n_unique() > 1:
        raise ValueError("its rows contradict each other")
    first: Mapping[str, Any] = table.row(0, named=True)
    problem = _problem_of(table, first)
    if problem:
        raise ValueError(problem)
    terms = Terms(**{f.name: first[f.name] for f in fields(Terms)})
    issued = Issued(
        first["forecast_id"], first["issued_at"], first["data_until"], terms, table.select(*SAID),
        tuple(first.get("previous") or ()), version,
    )  # fmt: skip
    if issued.forecast_id != issued.right_id:
        raise ValueError("its id is not that of its content, its moment and its data's end")
    return issued


def _problem_of(table: pl.DataFrame, first: Mapping[str, Any]) -> str:
    """What an honest forecast cannot have, empty if nothing."""
    optional = (*SAID, "recorded_before", "ceiling")
    missing = [k for k, v in first.items() if v is None and k not in optional]
    if missing:
        return f"its column {missing[0]} is empty"
    if any(model is None for model in first["models"]) or not first["models"]:
        return "it names no model"
    said = table.select(*SAID)
    values = pl.col("quantiles").is_not_null()
    sizes = said.filter(values).select(
        lengths=(pl.col("quantiles").list.len() == scoring.K).all(),
        numbers=pl.col("quantiles").list.eval(pl.element().is_finite().fill_null(False)).list.all(),
    )
    chances = said.filter(~values)["probability"]
    keys = said.select("model", "role", "target", "date")
    if (
        keys.null_count().sum_horizontal().item()
        or keys.n_unique() < keys.height
        or not all(sizes["lengths"])
        or not all(sizes["numbers"])
        or chances.null_count()
        or not chances.is_between(0, 1).all()
        or not said["role"].is_in(ROLES).all()
        or not said["target"].is_in([*TARGETS, *EVENTS]).all()
        or not _speaks_of_all(said)
    ):
        return "what it says is not what a forecast says"
    return ""


def _speaks_of_all(said: pl.DataFrame) -> bool:
    """Whether the headline of each target has its dates: values on each, chances at some."""
    models = said.filter(pl.col("role") != "baseline")
    return set(models["target"]) >= {*TARGETS, "closed", "ahead"}


_UTC = pl.Datetime("us", "UTC")
_KINDS: dict[Any, pl.DataType] = {
    Shared: pl.String(),
    date: pl.Date(), str: pl.String(), float: pl.Float64(), int: pl.Int64(),
    datetime | None: _UTC, float | None: pl.Float64(), list[str]: pl.List(pl.String()),
}  # fmt: skip
TABLE: dict[str, pl.DataType] = {
    "forecast_id": pl.String(),
    "issued_at": _UTC,
    "data_until": pl.Date(),
    "previous": pl.List(pl.String()),
    **{f.name: _KINDS[f.type] for f in fields(Terms)},
    **SAID,
}
