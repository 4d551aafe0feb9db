"""Notice an index that was re-based, and say which values changed on one that was not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.rebasing import MOVED, Case, Judgement, five_numbers, judge
from models.contract import FloatArray
from tracker.store.schema import with_model_keys
from tracker.text.counting import counted

KEYS = ["index_name", "index_version", "model_key"]
# What each case that is refused is called where it is accepted.
ACCEPTED: Mapping[Case, str] = {
    "re-estimated": "re-estimated",
    "re-based": "re-based",
    "other scores": "other-scores",
    "cannot be judged": "unjudged",
}


@dataclass(frozen=True)
class Comparison:
    """What an import states of one index version beside what is held of it.

    `both` has a row for each model of both: model, country, lab, open_weights, released_on, held,
    new. `held` and `new` are all values of either side.
    """

    index_name: str
    index_version: str
    judgement: Judgement
    both: pl.DataFrame
    held: FloatArray
    new: FloatArray

    @property
    def refused(self) -> bool:
        """Whether the values go in only when the case is accepted by its name."""
        judged = self.judgement
        return not (
            judged.case == "same scale" or (judged.case == "re-estimated" and judged.rank_kept)
        )

    def document(self) -> dict[str, object]:
        """The judgement for programs."""
        return {
            "index_name": self.index_name,
            "index_version": self.index_version,
            **vars(self.judgement),
            "held_quantiles": five_numbers(self.held),
            "new_quantiles": five_numbers(self.new),
        }


class ScaleInDoubt(TrackerError):
    """Values do not seem to be on the scale of those held; `comparison` says how they differ."""

    def __init__(self, comparison: Comparison) -> None:
        case = comparison.judgement.case
        name = f"'{comparison.index_name}' {comparison.index_version}"
        super().__init__(
            f"{_SAYS[case](comparison, name)}; nothing was imported.",
            "Import them as a version of their own with `version` NAME, or "
            + ("with `same_version`" if case == "re-estimated" else f"with `accept` "
               f"{ACCEPTED[case]}") + f" if {_IF[case]}.",
            code=_CODES[case],
        )  # fmt: skip
        self.comparison = comparison
        self.case = ACCEPTED[case]
        self.result = {"judgement": comparison.document()}


def compare(held: pl.DataFrame, incoming: pl.DataFrame) -> list[Comparison]:
    """Each index version of `incoming` of which something else is held, beside what is held."""
    old = _latest(held, "held")
    keyed = incoming if "model_key" in incoming.columns else with_model_keys(incoming)
    new = _latest(keyed, "new")
    both = old.join(new.select(*KEYS, "new"), on=KEYS, maintain_order="left")
    found: list[Comparison] = []
    for name, version in new.select(KEYS[:2]).unique(maintain_order=True).iter_rows():
        of = {"index_name": name, "index_version": version}
        before, after, pairs = old.filter(**of), new.filter(**of), both.filter(**of)
        if before.is_empty():
            continue
        values = [pairs[c].to_numpy() for c in ("held", "new")]
        complete = pairs.height in (before.height, after.height)
        judgement = judge(values[0], values[1], complete=complete)
        ends = before["held"].to_numpy(), after["new"].to_numpy()
        found.append(Comparison(name, version, judgement, pairs, *ends))
    return found


@dataclass(frozen=True)
class Change:
    """A known model's value that is another now, on one version of an index.

    `frontier_change` is by how much this change alone moves the best value of a bloc, by bloc;
    blocs that it does not move are left out.
    """

    index_name: str
    index_version: str
    model: str
    before: float
    after: float
    frontier_change: dict[str, float] = field(default_factory=dict[str, float])


def changes_of(comparison: Comparison, blocs: Sequence[str]) -> list[Change]:
    """The values that changed, those that matter to a frontier first, then the largest."""
    rows = comparison.both
    unit = float(np.std(comparison.held)) or 1.0
    moved = (pl.col("new") - pl.col("held")).abs() > MOVED * unit
    effects: dict[str, dict[str, float]] = {}
    for bloc in blocs:
        members = rows.filter(parse_bloc(bloc).member, pl.col("released_on").is_not_null())
        best = members["held"].top_k(2).sort(descending=True).to_list()
        for row in members.filter(moved).iter_rows(named=True):
            others = best[1:] if row["held"] == best[0] else best[:1]
            rest = others[0] if others else float("-inf")
            change = max(rest, row["new"]) - max(rest, row["held"])
            if change:
                effects.setdefault(row["model"], {})[bloc] = change
    found = [
        Change(comparison.index_name, comparison.index_version, row["model"], row["held"],
               row["new"], effects.get(row["model"], {}))
        for row in rows.filter(moved).iter_rows(named=True)
    ]  # fmt: skip
    return sorted(found, key=lambda c: (not c.frontier_change, -abs(c.after - c.before)))


def change_note(changes: Sequence[Change], judgement: Judgement) -> str:
    """What changed of known models, in a sentence."""
    shown = "; ".join(map(_shown, changes[:5]))
    more = f"; and {len(changes) - 5} more" if len(changes) > 5 else ""
    first = changes[0]
    what = f"{counted(len(changes), 'known value', 'known values')} of {judgement.n} changed"
    if judgement.case != "same scale":
        what += f" ({judgement.case})"
    moving = sum(bool(c.frontier_change) for c in changes)
    frontier = f"{moving} of them move a frontier" if moving else "none moves a frontier"
    return f"{first.index_name} {first.index_version}: {what}, {frontier}: {shown}{more}."


def _shown(change: Change) -> str:
    moved = ", ".join(f"{bloc} {by:+.4g}" for bloc, by in change.frontier_change.items())
    frontier = f" (frontier of {moved})" if moved else ""
    return f"{change.model} {change.before:.4g} -> {change.after:.4g}{frontier}"


def _latest(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    facts = ["model", "country", "lab", "open_weights", "released_on"]
    return (
        rows.filter(pl.col("value").is_not_null())
        .sort("observed_on", "value", maintain_order=True)
        .group_by(KEYS, maintain_order=True)
        .agg(pl.col(facts).last(), pl.col("value").last().alias(name))
    )


def _rebased(c: Comparison, name: str) -> str:
    j = c.judgement
    largest = c.both.sort((pl.col("new") - pl.col("held")).abs(), descending=True).head(3)
    examples = "; ".join(
        f"{row['model']} {row['held']:.4g} -> {row['new']:.4g}"
        for row in largest.iter_rows(named=True)
    )
    return (
        f"{name} seems to have been re-based: of {j.n} models compared {j.moved} have another "
        f"value, and they moved together: new = {j.slope:.3f} x old {j.offset:+.4g}, rank "
        f"correlation {j.spearman:.3f} ({examples})"
    )


def _estimated(c: Comparison, name: str) -> str:
    j = c.judgement
    return (
        f"{name} seems to have been estimated anew: of {j.n} models compared {j.moved} have "
        f"another value, with a scatter of {j.noise:.2f} standard deviations and a rank "
        f"correlation of {j.spearman:.3f}"
    )


def _others(c: Comparison, name: str) -> str:
    j = c.judgement
    return (
        f"These seem to be other scores than those of {name}: of {j.n} models compared {j.moved} "
        f"have another value, and the rank correlation is {j.spearman:.3f}"
    )


def _unjudged(c: Comparison, name: str) -> str:
    told = [
        f"{who} {len(values)} from {q[0]:.4g} to {q[-1]:.4g}, quartiles {q[1]:.4g}, {q[2]:.4g}, "
        f"{q[3]:.4g}"
        for who, values in (("held", c.held), ("new", c.new))
        for q in [five_numbers(values)]
    ]
    common = counted(c.judgement.n, "model is", "models are")
    return (
        f"Whether these values are on the scale of {name} cannot be judged: {common} in common "
        f"({'; '.join(told)})"
    )


_SAYS: Mapping[Case, Any] = {
    "re-based": _rebased, "re-estimated": _estimated, "other scores": _others,
    "cannot be judged": _unjudged,
}  # fmt: skip
_IF: Mapping[Case, str] = {
    "re-based": "these really are values of that version",
    "re-estimated": "only the estimates are new",
    "other scores": "these really are values of that version",
    "cannot be judged": "they are on the same scale",
}
_CODES: Mapping[Case, str] = {
    "re-based": "rebased", "re-estimated": "re_estimated", "other scores": "other_scores",
    "cannot be judged": "cannot_be_judged",
}  # fmt: skip
