"""A forecast as it was issued; `issued_scores` scores it once reality has arrived.

An issued forecast keeps what it said (fifty quantiles of both frontiers and the gap at each month,
and the probability of closing by each quarter, of each model, of their pool, and of two baselines)
and the terms on which it said so. It is never changed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from forecasts.forecasting.closure import closure
from forecasts.forecasting.forecast import Forecast, model_generator
from forecasts.measures.frontier import to_date
from forecasts.verification import scoring
from forecasts.verification.backtest import BASELINES, TARGETS, scale_of
from models import load
from models.contract import FloatArray, NotEnoughHistory

POOL = "pool"
EVENTS = ("closed", "ahead")
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
CIRCUMSTANCES = ("forecast_id", "issued_at", "data_until")


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


@dataclass(frozen=True)
class Issued:
    """An issued forecast.

    Attributes:
        forecast_id: hash of `terms` and `said`, 32 hex digits.
        issued_at: moment of issue, UTC.
        data_until: last `observed_on` of its index version that the workspace held at that moment,
            whether the forecast was allowed to see it or not.
        said: rows of SAID. `target` is leader, follower or gap with `quantiles` at the levels of
            `scoring` in points, or closed (by that date) or ahead (on that date) with
            `probability`; `role` is model, pool (where there are several models) or baseline.
    """

    forecast_id: str
    issued_at: datetime
    data_until: date
    terms: Terms
    said: pl.DataFrame

    @property
    def headline(self) -> str:
        """The model that speaks for the forecast: the pool, or the only one."""
        return POOL if len(self.terms.models) > 1 else self.terms.models[0]

    @property
    def probability_closed(self) -> float:
        """The headline's probability that the gap closes within the horizon."""
        rows = self.said.filter(model=self.headline, target="closed")
        return float(rows.filter(pl.col("role") != "baseline").sort("date")["probability"][-1])

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
    recorded_before: datetime | None = None,
    note: str = "",
) -> Issued:
    """Keep `forecast` as issued, beside what the baselines would have said at that moment."""
    top, low = forecast.leader.best, forecast.follower.best
    terms = Terms(
        as_of=forecast.as_of,
        vintage=forecast.vintage,
        recorded_before=recorded_before,
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
        definition=forecast.definition,
        hold_days=forecast.hold_days,
        horizon_months=forecast.horizon_months,
        draws=forecast.draws,
        seed=forecast.seed,
        models=list(forecast.models),
        failed=[f"{f['model']}: {f['reason']}" for f in forecast.failed],
        scale=scale_of(forecast.history),
        program_version=program_version,
        note=note,
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
        rng = model_generator(forecast.seed, name)
        paths = fitted.simulate(forecast.grid.horizon, forecast.draws, rng)
        parts.append(_said(forecast, name, "baseline", paths))
    said = pl.concat(parts)
    return Issued(content_id(terms, said), issued_at, data_until, terms, said)


def _said(forecast: Forecast, model: str, role: str, paths: FloatArray) -> pl.DataFrame:
    """Rows of SAID from draws (draws, 2, times)."""
    at = forecast.grid.months
    both = paths[:, :, at]
    quantiles = scoring.quantiles_of(np.concatenate([both, both[:, :1] - both[:, 1:]], axis=1))
    months = [to_date(d) for d in forecast.grid.horizon.days[at]]
    level = float(forecast.leader.values[-1]) if forecast.definition == "today" else None
    ends = closure(paths, forecast.grid, forecast.tolerance, forecast.hold_days, level).by_quarter
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
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(terms).items()}
    digest.update(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode())
    for row in said.iter_rows(named=True):
        numbers = row["quantiles"] or [row["probability"]]
        key = (row["model"], row["role"], row["target"], row["date"].isoformat())
        digest.update("\x1f".join(key).encode())
        digest.update(np.array(numbers, dtype="<f8").tobytes())
    return digest.hexdigest()


def to_table(issued: Issued) -> pl.DataFrame:
    """The forecast as one table: the rows of `said`, each with the circumstances and the terms."""
    constant = {c: getattr(issued, c) for c in CIRCUMSTANCES} | asdict(issued.terms)
    return issued.said.select(
        *(pl.lit(v, dtype=TABLE[k]).alias(k) for k, v in constant.items()), *SAID
    )


def from_table(table: pl.DataFrame) -> Issued:
    """Inverse of `to_table`; raises ValueError when the table is not one."""
    if dict(table.schema) != TABLE or table.is_empty():
        raise ValueError("its columns are not those of an issued forecast")
    first: Mapping[str, Any] = table.row(0, named=True)
    terms = Terms(**{f.name: first[f.name] for f in fields(Terms)})
    return Issued(**{c: first[c] for c in CIRCUMSTANCES}, terms=terms, said=table.select(*SAID))


_UTC = pl.Datetime("us", "UTC")
_KINDS: dict[Any, pl.DataType] = {
    date: pl.Date(), str: pl.String(), float: pl.Float64(), int: pl.Int64(),
    datetime | None: _UTC, list[str]: pl.List(pl.String()),
}  # fmt: skip
TABLE: dict[str, pl.DataType] = {
    "forecast_id": pl.String(),
    "issued_at": _UTC,
    "data_until": pl.Date(),
    **{f.name: _KINDS[f.type] for f in fields(Terms)},
    **SAID,
}
