"""The panel: every frontier in a store that has enough records, to learn and to judge on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal

import numpy as np
import polars as pl

from forecasts.measures.frontier import to_day
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.vintage import Vintage, known_models
from models.contract import FloatArray, History, IntArray, Series, make_series
from models.pooled_growth import PRIOR, Examples, examples, learn, scale_for

Kind = Literal["country", "weights", "lab"]
Ceilings = Mapping[tuple[str, str], float | None]

# A frontier counts at an origin once it has this many records, the first so long ago.
MIN_RECORDS = 3
MIN_DAYS = 180
MIN_RELEASES = 4
MIN_MODELS = 10


@dataclass(frozen=True)
class Member:
    """One frontier: its bloc on one version of an index, known until the day `end`.

    `index` is the frontier of all models of that index, `ceiling` its upper bound in points.
    """

    index_name: str
    index_version: str
    kind: Kind
    series: Series
    index: Series
    ceiling: float
    end: int


@dataclass(frozen=True)
class Fold:
    """A pair of frontiers at an origin, and what was known of them there.

    `leader` and `follower` hold the outcome as well; `known` is the pair as observed by the origin
    (vintage `real`), None where the latest values of earlier releases are taken (`final`).
    """

    leader: Member
    follower: Member
    origin: int
    known: "tuple[Member, Member] | None" = None

    def history(self, pool: FloatArray | None) -> History:
        """What was known at the origin."""
        leader, follower = self.known or (self.leader, self.follower)
        return History(
            self.origin,
            (cut(leader.series, self.origin), cut(follower.series, self.origin)),
            leader.ceiling,
            cut(leader.index, self.origin),
            pool,
        )


def cut(series: Series, day: int) -> Series:
    """The same series as it was known on `day`, later releases left out."""
    records = int(np.searchsorted(series.days, day, side="right"))
    releases = int(np.searchsorted(series.release_days, day, side="right"))
    return Series(
        series.bloc,
        series.days[:records],
        series.values[:records],
        series.release_days[:releases],
        series.release_values[:releases],
    )


def ceiling_of(values: FloatArray, known: float | None) -> float:
    """Upper bound of an index: the known one; else 1 where all values are fractions; else none."""
    if known is not None:
        return known
    return 1.0 if values.size and values.min() >= 0 and values.max() <= 1 else float("inf")


def build_panel(
    observations: pl.DataFrame,
    ceilings: Ceilings,
    as_of: date,
    vintage: Vintage = "final",
) -> list[Member]:
    """Frontiers of every country, lab and kind of weights on every index version; prices are none.

    Args:
        observations: current rows of a store.
        ceilings: upper bounds by index name and version, None or missing where not known.
        as_of: nothing released (vintage `real`: observed) later is looked at.
    """
    members: list[Member] = []
    for (name, version), rows in observations.filter(IS_SCORE).group_by(
        "index_name", "index_version", maintain_order=True
    ):
        models = known_models(rows, as_of, vintage)
        if models.height < MIN_MODELS:
            continue
        days = models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)
        values = models["value"].to_numpy()
        end = min(to_day(as_of), to_day(rows["observed_on"].max()))  # type: ignore[arg-type]
        index = make_series("index", days, values)
        ceiling = ceiling_of(values, ceilings.get((str(name), str(version))))
        for kind, bloc, inside in _blocs(models):
            if inside.sum() >= MIN_RELEASES:
                series = make_series(bloc, days[inside], values[inside])
                members.append(Member(str(name), str(version), kind, series, index, ceiling, end))
    return members


def _blocs(models: pl.DataFrame) -> list[tuple[Kind, str, np.ndarray]]:
    found: list[tuple[Kind, str, np.ndarray]] = []
    countries = models["country"].fill_null("").str.split(",")
    for code in sorted(c for c in countries.explode().unique().to_list() if c):
        found.append(("country", code, countries.list.contains(code).to_numpy()))
    weights = models["open_weights"]
    for bloc, wanted in (("open", True), ("proprietary", False)):
        found.append(("weights", bloc, (weights == wanted).fill_null(False).to_numpy()))
    for lab in sorted(models["lab"].drop_nulls().unique().to_list()):
        found.append(("lab", f"lab:{lab}", (models["lab"] == lab).fill_null(False).to_numpy()))
    return found


def is_known(member: Member, origin: int) -> bool:
    """Whether the frontier has enough records at the origin."""
    records = int(np.searchsorted(member.series.days, origin, side="right"))
    return records >= MIN_RECORDS and int(member.series.days[0]) <= origin - MIN_DAYS


def make_folds(members: list[Member], origins: IntArray) -> list[Fold]:
    """Every pair of blocs of one kind and index at every origin, leader first, ties left out."""
    groups: dict[tuple[str, str, str], list[Member]] = {}
    for member in members:
        groups.setdefault((member.index_name, member.index_version, member.kind), []).append(member)
    folds: list[Fold] = []
    for origin in origins.tolist():
        for group in groups.values():
            known = [m for m in group if m.end > origin and is_known(m, origin)]
            level = {id(m): float(m.series.at(np.array([origin]))[0]) for m in known}
            for first, second in combinations(known, 2):
                ahead = level[id(first)] - level[id(second)]
                if ahead > 0:
                    folds.append(Fold(first, second, origin))
                elif ahead < 0:
                    folds.append(Fold(second, first, origin))
    return folds


def month_starts(first: date, last: date, step: int = 1) -> IntArray:
    """First days of every `step`-th month from `first` to `last`."""
    begin = date(first.year, first.month, 1)
    days = pl.date_range(begin, last, f"{step}mo", eager=True)
    return np.array([to_day(d) for d in days if d >= first], dtype=np.int64)


def panel_examples(members: list[Member], until: int) -> Examples | None:
    """Monthly examples of every frontier whose outcome was known by the day `until`."""
    parts: list[Examples] = []
    for member in members:
        series = member.series
        if series.days.size < MIN_RECORDS:
            continue
        start = max(int(series.days[0]) + MIN_DAYS, int(series.days[MIN_RECORDS - 1]))
        end = min(member.end, until)
        origins = np.arange(start, end - 30, 30, dtype=np.int64)
        if origins.size:
            scale = scale_for(cut(member.index, until), member.ceiling)
            parts.append(examples(series, member.index, origins, scale, end))
    return Examples.join(parts) if parts else None


def learn_pool(members: list[Member], until: int, start: FloatArray | None = None) -> FloatArray:
    """Parameters of `models.pooled_growth` from what the panel had shown by the day `until`."""
    known = panel_examples(members, until)
    return PRIOR if known is None else learn(known, start)
