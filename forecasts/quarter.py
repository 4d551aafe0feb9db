"""One quarter of one index: what stood at its end, what changed in it, who released what."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forecasts.blocs import parse_bloc
from forecasts.errors import TrackerError, UsageError
from forecasts.frontier import Frontier, frontier
from forecasts.gap import Gap, measure_gap, period_ends
from forecasts.variants import base_model
from forecasts.vintage import Vintage, known_models

# Observations older than this before the end of a quarter leave its figures stale.
STALE_DAYS = 45
_NAME = re.compile(r"(\d{4})[Qq]([1-4])")


def parse_quarter(text: str) -> tuple[date, date]:
    """First and last day of a quarter such as 2026Q2; raises UsageError when it is not one."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"'{text}' is not a quarter.", "Write it as 2026Q2.", "bad_quarter")
    year, number = int(found.group(1)), int(found.group(2))
    start = date(year, 3 * number - 2, 1)
    return start, period_ends(start, start, "quarter")[0]


def quarter_of(day: date) -> str:
    """The quarter of a day, such as 2026Q2."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


@dataclass(frozen=True)
class Quarter:
    """A quarter as it stood on `as_of`: its last day, or the last day that is known.

    Attributes:
        complete: False while the quarter was in progress on `as_of`.
        last_observed: the newest observation behind the figures; `stale` if long before the end.
        models: every model released by `as_of`, one row each, with `base`.
        gap: the gap on `as_of`; `before`: on the last day of the quarter before, None without data.
    """

    label: str
    start: date
    end: date
    as_of: date
    complete: bool
    vintage: Vintage
    last_observed: date
    models: pl.DataFrame
    gap: Gap
    before: Gap | None

    @property
    def stale(self) -> bool:
        """Whether the newest observation lies long before the end of the quarter."""
        return (min(self.end, self.as_of) - self.last_observed).days > STALE_DAYS or (
            self.end - self.last_observed
        ).days > STALE_DAYS

    def frontier(self, bloc: str) -> Frontier | None:
        """The frontier of a bloc on `as_of`, None where it has no model."""
        try:
            return frontier(self.models, parse_bloc(bloc))
        except TrackerError:
            return None


def measure_quarter(
    observations: pl.DataFrame,
    quarter: str,
    *,
    leader: str,
    follower: str,
    vintage: Vintage = "final",
    tolerance: float = 0.0,
) -> Quarter:
    """One quarter on the observations of one version of one index.

    Raises:
        UsageError: not a quarter.
        TrackerError: the quarter lies after all observations, or a bloc had no model by its end.
    """
    start, end = parse_quarter(quarter)
    last = observations["observed_on"].max()
    assert isinstance(last, date)
    if start > last:
        raise TrackerError(
            f"{quarter.upper()} begins after the last observation, {last}.",
            f"The newest quarter with data is {quarter_of(last)}.",
            code="future_quarter",
        )
    as_of = min(end, last)
    gap = measure_gap(
        observations, leader=leader, follower=follower, as_of=as_of, vintage=vintage,
        tolerance=tolerance, by="quarter",
    )  # fmt: skip
    try:
        before = measure_gap(
            observations, leader=leader, follower=follower, as_of=start - timedelta(days=1),
            vintage=vintage, tolerance=tolerance, by="quarter",
        )  # fmt: skip
    except TrackerError:
        before = None
    models = known_models(observations, as_of, vintage).with_columns(
        base=base_model(pl.col("model"))
    )
    seen = models["observed_on"].max()
    assert isinstance(seen, date)
    return Quarter(
        quarter.upper(), start, end, as_of, as_of == end, vintage, seen, models, gap, before
    )


def new_records(quarter: Quarter) -> pl.DataFrame:
    """Records set within the quarter by leader and follower: bloc, released_on, model, lab, value,
    raised_by.
    """
    return pl.concat(
        [
            f.records.with_columns(
                bloc=pl.lit(f.bloc), raised_by=pl.col("value") - pl.col("value").shift(1)
            )
            .filter(pl.col("released_on") >= quarter.start)
            .select("bloc", "released_on", "model", "lab", "value", "raised_by")
            for f in (quarter.gap.leader, quarter.gap.follower)
        ]
    ).sort("released_on", "bloc")


def leaderboard(quarter: Quarter) -> pl.DataFrame:
    """Best model per lab at the quarter's end, best first.

    rank, lab, country, model, value, released_on, open_weights, before (the lab's best the quarter
    before), change.
    """
    best = _best_of_labs(quarter.models)
    before = _best_of_labs(quarter.models.filter(pl.col("released_on") < quarter.start))
    return (
        best.join(before.select("lab", before="value"), on="lab", how="left")
        .with_columns(change=pl.col("value") - pl.col("before"))
        .sort("value", "lab", descending=[True, False])
        .with_row_index("rank", 1)
        .select("rank", "lab", "country", "model", "value", "released_on", "open_weights",
                "before", "change")
    )  # fmt: skip


def _best_of_labs(models: pl.DataFrame) -> pl.DataFrame:
    return models.sort("value", "model_key", descending=[True, False]).unique(
        "lab", keep="first", maintain_order=True
    )


def release_counts(quarter: Quarter, quarters: int = 8) -> pl.DataFrame:
    """Models (variants grouped) released per quarter by leader and follower, and how many of their
    releases were records: quarter, bloc, models, records.
    """
    first = quarter.start
    for _ in range(quarters - 1):
        first = parse_quarter(quarter_of(first - timedelta(days=1)))[0]
    label = pl.format("{}Q{}", pl.col("released_on").dt.year(), pl.col("released_on").dt.quarter())
    ends = period_ends(first, quarter.start, "quarter")
    frames: list[pl.DataFrame] = []
    for f in (quarter.gap.leader, quarter.gap.follower):
        base = pl.DataFrame({"quarter": [quarter_of(d) for d in ends]})
        models = (
            f.releases.with_columns(quarter=label)
            .group_by("quarter")
            .agg(models=pl.struct("lab", "base").n_unique())
        )
        records = f.records.with_columns(quarter=label).group_by("quarter").agg(records=pl.len())
        frames.append(
            base.join(models, on="quarter", how="left")
            .join(records, on="quarter", how="left")
            .select(
                "quarter",
                pl.lit(f.bloc).alias("bloc"),
                pl.col("models").fill_null(0).cast(pl.Int64),
                pl.col("records").fill_null(0).cast(pl.Int64),
            )
        )
    return pl.concat(frames)


def frontier_holders(quarter: Quarter, top: int = 10) -> pl.DataFrame:
    """Share of the best `top` models of the last twelve months by country and by lab.

    Variants are grouped. Columns: by (country or lab), name, models, share. A model of a lab with
    several countries counts for each of them in part.
    """
    year = quarter.models.filter(pl.col("released_on") > quarter.as_of - timedelta(days=365))
    best = (
        year.sort("value", "model_key", descending=[True, False])
        .unique(["lab", "base"], keep="first", maintain_order=True)
        .head(top)
    )
    countries = (
        best.with_columns(name=pl.col("country").str.split(","))
        .with_columns(part=1 / pl.col("name").list.len())
        .explode("name")
        .group_by("name")
        .agg(models=pl.col("part").sum())
        .with_columns(by=pl.lit("country"))
    )
    labs = (
        best.group_by(name="lab")
        .agg(models=pl.len().cast(pl.Float64))
        .with_columns(by=pl.lit("lab"))
    )
    return (
        pl.concat([countries.select("by", "name", "models"), labs.select("by", "name", "models")])
        .with_columns(share=pl.col("models") / max(best.height, 1))
        .sort("by", "models", "name", descending=[False, True, False])
    )
