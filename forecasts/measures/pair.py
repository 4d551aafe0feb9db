"""The two frontiers that are compared, and whose the models are that belong to both blocs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.blocs import Bloc, parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.variants import base_model
from forecasts.measures.view import IndexView
from forecasts.request import Pair, Shared


@dataclass(frozen=True)
class Sharing:
    """What the models of both blocs count for, and how many they are.

    `models` counts variants of one model once; `variants` counts rows of the index.
    """

    rule: Shared = "neither"
    models: int = 0
    variants: int = 0


@dataclass(frozen=True)
class Division:
    """The models of each of two blocs, leader first, after those of both were settled.

    `known` are all models of the index and `rows` those of each bloc, rows of `known_models`;
    `alike`: the two blocs have every model in common; `swept_until` is that of `IndexView`.
    """

    blocs: tuple[Bloc, Bloc]
    known: pl.DataFrame
    rows: tuple[pl.DataFrame, pl.DataFrame]
    sharing: Sharing
    alike: bool
    swept_until: date | None = None

    def frontier(self, at: int, when: str = "") -> Frontier:
        """The frontier of the leader (0) or the follower (1); `when` as in `frontier`.

        Raises TrackerError when the bloc has no model, or none that counts for it, and when both
        are one set of models.
        """
        bloc, rows = self.blocs[at], self.rows[at]
        if self.alike:
            raise TrackerError(
                f"Leader '{self.blocs[0].spec}' and follower '{self.blocs[1].spec}' are one set of "
                f"models here: all {self.sharing.variants} belong to both.",
                "Name two different blocs.",
                code="empty_bloc",
            )
        if not rows.is_empty():
            found = frontier(rows, bloc, when, self.swept_until)
            return replace(found, unknown=self.known.filter(bloc.unknown).height)
        frontier(self.known, bloc, when)  # raises where the bloc has no model of any kind
        rule = self.sharing.rule
        raise TrackerError(
            f"Every model of bloc '{bloc.spec}' belongs to '{self.blocs[1 - at].spec}' as well and "
            f"counts for {'neither' if rule == 'neither' else 'the other'}.",
            "Let shared models count for both with `shared` both, or name other blocs.",
            code="empty_bloc",
        )


@dataclass(frozen=True)
class FrontierPair:
    """Frontiers of leader and follower, and what the models of both counted for."""

    leader: Frontier
    follower: Frontier
    sharing: Sharing

    @property
    def lines(self) -> tuple[Frontier, Frontier]:
        """Leader first."""
        return self.leader, self.follower


def divide(models: pl.DataFrame, pair: Pair, seats: Mapping[str, str]) -> Division:
    """The models of each bloc among `models`, rows of `known_models`.

    By the rule `lab` the country of a shared model is that of its lab's seat alone: the one in
    `seats`, else the first that the observation names; what both still hold counts for neither.

    Raises:
        UsageError: a bloc is not one, the rule is none, or both blocs are one set by their names.
    """
    leader, follower = blocs = parse_bloc(pair.leader), parse_bloc(pair.follower)
    rule = pair.rule
    first, second = pl.col("_leader"), pl.col("_follower")
    rows = models.with_columns(_leader=leader.member, _follower=follower.member)
    shared = rows.filter(first & second)
    count = shared.select("lab", base_model(pl.col("model"))).n_unique()
    sharing = Sharing(rule, count, shared.height)
    alike = shared.height > 0 and rows.filter(first != second).is_empty()
    if leader.terms == follower.terms:
        raise UsageError(
            f"Leader and follower are both '{leader.spec}'."
            if leader.spec == follower.spec
            else f"Leader '{leader.spec}' and follower '{follower.spec}' are one set of models.",
            "Name two different blocs.",
            code="same_bloc",
        )
    if rule == "lab" and shared.height:
        seat = pl.col("lab").replace_strict(dict(seats), default=None, return_dtype=pl.String)
        named = pl.col("country").str.split(",").list.first()
        seated = rows.with_columns(
            country=pl.when(first & second).then(seat.fill_null(named)).otherwise("country")
        )
        rows = rows.with_columns(
            seated.select(_leader=leader.member, _follower=follower.member).get_columns()
        )
    if rule != "both":
        rows = rows.with_columns(_leader=first & ~second, _follower=second & ~first)
    kept = pl.exclude("_leader", "_follower")
    divided = rows.filter(first).select(kept), rows.filter(second).select(kept)
    return Division(blocs, models, divided, sharing, alike)


def frontier_pair(view: IndexView, pair: Pair) -> FrontierPair:
    """Frontiers of leader and follower, the models of both settled by the pair's rule.

    Raises:
        UsageError: as `divide`.
        TrackerError: a bloc has no model by the day of the view, or none that counts for it, or
            both are one set of models.
    """
    divided = replace(divide(view.models(), pair, view.seats), swept_until=view.swept_until)
    when = f"On {view.as_of}, vintage {view.vintage}"
    return FrontierPair(divided.frontier(0, when), divided.frontier(1, when), divided.sharing)
