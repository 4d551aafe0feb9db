"""The panel: every frontier in a store that has enough records, to learn and to judge on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Literal

import numpy as np
import polars as pl

from forecasts.measures.frontier import swept_releases, to_day
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.value_scale import ceiling_of
from forecasts.measures.vintage import known_models
from forecasts.request import Vintage
from models import MODELS, load
from models.contract import (
    MIN_DAYS,
    MIN_RECORDS,
    Example,
    History,
    IntArray,
    LearningModel,
    Learnt,
    Series,
    make_series,
)

Kind = Literal["country", "weights", "lab"]
# What is known of an index version, by its name and version.
SpecOf = Callable[[str, str], IndexSpec]

MIN_RELEASES = 4
MIN_MODELS = 10


@dataclass(frozen=True)
class Member(Example):
    """One frontier of the panel: its bloc on one version of an index.

    `shares` names the blocs that have a model in common with it.
    """

    index_name: str
    index_version: str
    kind: Kind
    shares: frozenset[str] = frozenset()


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

    def history(self, learnt: Learnt) -> History:
        """What was known at the origin."""
        leader, follower = self.known or (self.leader, self.follower)
        return History(
            self.origin,
            (leader.series.until(self.origin), follower.series.until(self.origin)),
            leader.ceiling,
            leader.index.until(self.origin),
            learnt,
            leader.scale,
        )


def build_panel(
    observations: pl.DataFrame,
    spec_of: SpecOf,
    as_of: date,
    vintage: Vintage = "final",
    swept: Mapping[tuple[str, str], date] | None = None,
) -> list[Member]:
    """Frontiers of every country, lab and kind of weights on every index version; prices are none.

    Args:
        observations: current rows of a store.
        spec_of: what is known of an index version (`nothing_known`: nothing).
        as_of: nothing released (vintage `real`: observed) later is looked at.
        swept: the last sweep of each index version by then: outcomes are known to that day. An
            index that was never swept is no part of the panel; None: all are known to their last
            observation.
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
        last = rows["observed_on"].max() if swept is None else swept.get((str(name), str(version)))
        if not isinstance(last, date):
            continue
        end = min(to_day(as_of), to_day(last))
        index = make_series("index", days, values)
        spec = spec_of(str(name), str(version))
        ceiling = ceiling_of(values, spec.ceiling)
        for kind, bloc, inside in _blocs(models):
            if inside.sum() >= MIN_RELEASES:
                series = make_series(bloc, days[inside], values[inside])
                if swept is not None:
                    series = _of_sweeps(series, models.filter(inside), last)
                shares = _shares(models["country"], bloc) if kind == "country" else frozenset()
                members.append(
                    Member(series, index, ceiling, end, str(name), str(version), kind, shares,
                           scale=spec.scale)
                )  # fmt: skip
    return members


def _of_sweeps(series: Series, models: pl.DataFrame, swept: date) -> Series:
    """The frontier with the releases of sweeps alone, see `Frontier.series`."""
    records = models.filter(
        pl.col("value") > pl.col("value").cum_max().shift(1).fill_null(-np.inf)
    )["model_key"]
    counted = swept_releases(models, swept, records)
    return replace(
        series,
        release_days=counted["released_on"].cast(pl.Int32).to_numpy().astype(np.int64),
        release_values=counted["value"].to_numpy().astype(np.float64),
    )


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


def _shares(countries: pl.Series, bloc: str) -> frozenset[str]:
    together = countries.drop_nulls().unique().str.split(",")
    both = together.filter(together.list.contains(bloc)).explode()
    return frozenset(both.drop_nulls().to_list()) - {bloc}


def is_known(member: Member, origin: int) -> bool:
    """Whether the frontier has enough records at the origin."""
    records = int(np.searchsorted(member.series.days, origin, side="right"))
    return records >= MIN_RECORDS and int(member.series.days[0]) <= origin - MIN_DAYS


def make_folds(members: list[Member], origins: IntArray) -> list[Fold]:
    """Every pair of blocs of one kind and index at every origin, leader first.

    Ties are left out, and blocs that have a model in common: it would be compared with itself.
    """
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
                if second.series.bloc in first.shares:
                    continue
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


def learn_models(
    names: Sequence[str], panel: Sequence[Member], until: int, start: Learnt | None = None
) -> Learnt:
    """What those of the models that learn take from the panel, as known by the day `until`.

    `start` is what they had learnt on an earlier day, to begin from.
    """
    earlier = start or {}
    # A name that is none is refused where the models are fitted.
    models = [load(name) for name in names if name in MODELS]
    return {
        model.name: model.learn(panel, until, earlier.get(model.name))
        for model in models
        if isinstance(model, LearningModel)
    }
