"""A quarter, or any period, of one index: what stood at its end, what changed, who did it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.gap import Gap, measure_gap, period_ends
from forecasts.measures.variants import base_model
from forecasts.measures.vintage import Vintage, known_models

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
class Span:
    """What is asked for: a named stretch of days, and from which day on to show what led to it.

    Attributes:
        shown_from: None to show all that is known.
    """

    label: str
    start: date
    end: date
    shown_from: date | None = None


def make_span(
    quarter: str | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    newest: date,
) -> Span:
    """The span of a quarter such as 2026Q2, or from `first` to `last`.

    Left out, `last` is the day of the newest observation and `first` the start of its quarter, with
    everything before shown; with neither, the quarter of the newest observation.

    Raises:
        UsageError: not a quarter, both a quarter and days, or days that are turned round.
    """
    if first is None and last is None:
        name = quarter or quarter_of(newest)
        return Span(name.strip().upper(), *parse_quarter(name))
    if quarter is not None:
        raise UsageError(
            "A quarter and days of a period are given together.",
            "Give --quarter, or --from and --to.",
            code="two_periods",
        )
    end = last or newest
    start = first or parse_quarter(quarter_of(end))[0]
    if start > end:
        raise UsageError(
            f"The period begins on {start}, after its end, {end}.",
            "Give an earlier --from or a later --to.",
            code="bad_period",
        )
    label = f"{start} to {end}" if first is not None else f"{quarter_of(end)} to {end}"
    return Span(label, start, end, first)


@dataclass(frozen=True)
class Stretch:
    """The time over which one version of the index is looked at, and the frontiers on it.

    `first` is None where the frontiers are shown from their first record on.
    """

    index_version: str
    first: date | None
    last: date
    frontiers: tuple[Frontier, ...]


@dataclass(frozen=True)
class Quarter:
    """A quarter, or another period, as it stood on `as_of`: its last day, or the last known.

    Attributes:
        complete: False while the period was in progress on `as_of`.
        last_observed: the newest observation behind the figures; `stale` if long before the end.
        models: every model released by `as_of`, one row each, with `base`.
        gap: the gap on `as_of`; `before`: on the day before the period, None without data.
        shown_from: the day from which figures show the past, None for all of it.
        frontiers: those of every bloc compared, leader and follower first.
        versions: earlier versions of the index, each over the time in which it was observed.
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
    frontiers: tuple[Frontier, ...] = ()
    shown_from: date | None = None
    versions: tuple[Stretch, ...] = ()

    @property
    def blocs(self) -> list[str]:
        """Names of the blocs compared."""
        return [f.bloc for f in self.frontiers]

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What a line is drawn over: this version, or each version over its own observation."""
        if self.versions:
            return self.versions
        return (Stretch(self.gap.index_version, self.shown_from, self.as_of, self.frontiers),)

    def shown(self, rows: pl.DataFrame, column: str) -> pl.DataFrame:
        """The rows whose date in `column` is shown."""
        if self.shown_from is None:
            return rows
        return rows.filter(pl.col(column) >= self.shown_from)

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
    quarter: str | Span,
    *,
    leader: str,
    follower: str,
    blocs: Sequence[str] = (),
    vintage: Vintage = "final",
    tolerance: float = 0.0,
    as_of: date | None = None,
) -> Quarter:
    """One quarter or another span on the observations of one version of one index.

    Args:
        blocs: all that are compared; leader and follower if none is named.
        as_of: a day within the span to look from, instead of its end.

    Raises:
        UsageError: not a quarter.
        TrackerError: the span lies after all observations, or a bloc had no model by its end.
    """
    last = observations["observed_on"].max()
    assert isinstance(last, date)
    span = make_span(quarter, newest=last) if isinstance(quarter, str) else quarter
    start, end = span.start, span.end
    if start > last:
        raise TrackerError(
            f"{span.label} begins after the last observation, {last}.",
            f"The newest quarter with data is {quarter_of(last)}.",
            code="future_quarter",
        )
    day = min(end, as_of or last)

    def gap_on(when: date) -> Gap:
        return measure_gap(
            observations, leader=leader, follower=follower, as_of=when, vintage=vintage,
            tolerance=tolerance, by="quarter",
        )  # fmt: skip

    gap = gap_on(day)
    try:
        before = gap_on(start - timedelta(days=1))
    except TrackerError:
        before = None
    models = known_models(observations, day, vintage).with_columns(base=base_model(pl.col("model")))
    seen = models["observed_on"].max()
    assert isinstance(seen, date)
    made = {f.bloc: f for f in (gap.leader, gap.follower)}
    for bloc in map(parse_bloc, blocs):
        if bloc.spec not in made:
            made[bloc.spec] = frontier(models, bloc)
    return Quarter(
        span.label, start, end, day, day == end, vintage, seen, models, gap, before,
        tuple(made.values()), span.shown_from,
    )  # fmt: skip


def with_versions(quarter: Quarter, observations: pl.DataFrame) -> Quarter:
    """The same quarter with every version of its index seen by its end, for lines with breaks.

    Each version is taken over the time in which it was observed, with the latest values that it
    gave; values of two versions never meet. A bloc without a model on a version is left out there.

    Args:
        observations: current rows of all versions of the index.
    """
    found: list[Stretch] = []
    groups = observations.filter(pl.col("observed_on") <= quarter.as_of).group_by("index_version")
    for (version,), rows in groups:
        first, last = rows["observed_on"].min(), rows["observed_on"].max()
        assert isinstance(first, date)
        assert isinstance(last, date)
        models = known_models(rows, last, "final")
        lines: list[Frontier] = []
        for bloc in map(parse_bloc, quarter.blocs):
            try:
                lines.append(frontier(models, bloc))
            except TrackerError:
                continue
        begin = max(first, quarter.shown_from or first)
        if lines and last >= begin:
            found.append(Stretch(str(version), begin, last, tuple(lines)))
    found.sort(key=lambda s: (s.first or s.last, s.last, s.index_version))
    return replace(quarter, versions=tuple(found))


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
    """Models (variants grouped) released per quarter by bloc, and how many of the releases were
    records of it: quarter, bloc, models, records.
    """
    end = parse_quarter(quarter_of(quarter.as_of))[0]
    first = end
    for _ in range(quarters - 1):
        first = parse_quarter(quarter_of(first - timedelta(days=1)))[0]
    if quarter.shown_from is not None:
        first = max(first, parse_quarter(quarter_of(quarter.shown_from))[0])
    label = pl.format("{}Q{}", pl.col("released_on").dt.year(), pl.col("released_on").dt.quarter())
    ends = period_ends(first, end, "quarter")
    frames: list[pl.DataFrame] = []
    for f in quarter.frontiers:
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


def lab_counts(quarter: Quarter, labs: int, quarters: int = 8) -> pl.DataFrame:
    """`release_counts` of each bloc and of its `labs` most productive labs.

    Returns:
        bloc, lab (null for the whole bloc, which comes first), quarter, models, records. Labs come
        by their number of models in these quarters. A bloc of one lab has no rows of labs.
    """
    total = release_counts(quarter, quarters)
    names = total["quarter"].unique(maintain_order=True)
    label = pl.format("{}Q{}", pl.col("released_on").dt.year(), pl.col("released_on").dt.quarter())
    frames: list[pl.DataFrame] = []
    for f in quarter.frontiers:
        bloc = pl.lit(f.bloc).alias("bloc")
        frames.append(
            total.filter(bloc=f.bloc).select(
                "bloc", pl.lit(None, pl.String).alias("lab"), "quarter", "models", "records"
            )
        )
        made = (
            f.releases.with_columns(quarter=label)
            .filter(pl.col("quarter").is_in(names.to_list()))
            .group_by("lab", "quarter")
            .agg(models=pl.col("base").n_unique().cast(pl.Int64))
        )
        records = (
            f.records.with_columns(quarter=label)
            .group_by("lab", "quarter")
            .agg(records=pl.len().cast(pl.Int64))
        )
        top = (
            made.group_by("lab").agg(pl.col("models").sum())
            .sort("models", "lab", descending=[True, False]).head(labs).select("lab")
        )  # fmt: skip
        if f.releases["lab"].n_unique() < 2:
            continue
        frames.append(
            top.join(names.to_frame(), how="cross", maintain_order="left_right")
            .join(made, on=["lab", "quarter"], how="left", maintain_order="left")
            .join(records, on=["lab", "quarter"], how="left", maintain_order="left")
            .select(bloc, "lab", "quarter", pl.col("models", "records").fill_null(0))
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
