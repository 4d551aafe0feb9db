"""The store as a dictionary: what every reading has to give, written without the store's code.

A row is identified by what it states and by the row it supersedes or retracts. Of the acts that
follow from one first row those that nothing follows are ends. Which of them decides is found from
the first row on: of the acts on a row the one that was recorded last, or has the one that was
recorded last (then the one with the higher id) somewhere behind it, is followed. Where the end
corrects it stands alone, where it retracts nothing stands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

SETTLED = "settled: a rival of this correction was acted on"


@dataclass(frozen=True)
class Fact:
    model: str
    index_version: str
    value: float | None
    observed_on: date
    note: str | None = None
    supersedes: str | None = None
    retracts: str | None = None

    @property
    def target(self) -> str | None:
        return self.supersedes or self.retracts


@dataclass
class NaiveStore:
    """Facts by id, each with the first moment it was recorded."""

    facts: dict[str, Fact] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)

    def add(self, identity: str, fact: Fact, moment: datetime) -> None:
        assert self.facts.setdefault(identity, fact) == fact, "two facts have one id"
        self.moments[identity] = min(moment, self.moments.get(identity, moment))

    def id_of(self, fact: Fact) -> str | None:
        return next((i for i, held in self.facts.items() if held == fact), None)

    def take(self, other: "NaiveStore") -> None:
        for identity, fact in other.facts.items():
            self.add(identity, fact, other.moments[identity])

    def only(self, ids: Iterable[str]) -> "NaiveStore":
        kept = set(ids)
        return NaiveStore(
            {i: f for i, f in self.facts.items() if i in kept},
            {i: m for i, m in self.moments.items() if i in kept},
        )

    def recorded_before(self, moment: datetime) -> "NaiveStore":
        return self.only(i for i, m in self.moments.items() if m < moment)

    def root(self, identity: str) -> str:
        fact = self.facts.get(identity)
        return identity if fact is None or fact.target is None else self.root(fact.target)

    def ends(self) -> dict[str, list[str]]:
        """Acts that nothing follows, by the first row of their tree; the one that decides last."""
        targets = {f.target for f in self.facts.values()}
        found: dict[str, list[str]] = {}
        for identity, fact in self.facts.items():
            if fact.target is not None and identity not in targets:
                found.setdefault(self.root(identity), []).append(identity)
        for root, ids in found.items():
            decides = self._followed(root)
            found[root] = [*sorted(set(ids) - {decides}), decides]
        return found

    def _acts_on(self, identity: str) -> list[str]:
        return [i for i, f in self.facts.items() if f.target == identity]

    def _latest(self, identity: str) -> tuple[datetime, str]:
        return max([self._order(identity), *map(self._latest, self._acts_on(identity))])

    def _followed(self, identity: str) -> str:
        acts = self._acts_on(identity)
        return self._followed(max(acts, key=self._latest)) if acts else identity

    def _order(self, identity: str) -> tuple[datetime, str]:
        return self.moments[identity], identity

    def settling(self, target: str) -> list[Fact]:
        """Retractions that an act on `target` brings along: of claims at the other ends."""
        tree = self.ends().get(self.root(target), [])
        return [
            replace(self.facts[i], value=None, note=SETTLED, supersedes=None, retracts=i)
            for i in tree
            if i != target and not self.closes(i)
        ]

    def closes(self, identity: str) -> bool:
        """Whether an act takes back another act, which is no claim of its own."""
        target = self.facts[identity].retracts
        return target is not None and target != self.root(target)

    def standing(self, where: Callable[[Fact], bool] = lambda _: True) -> list[str]:
        """Ids of the rows that stand, sorted."""
        ends = self.ends()
        found: list[str] = []
        for identity, fact in self.facts.items():
            tree = ends.get(self.root(identity))
            alone = tree is None or tree[-1] == identity
            if alone and fact.retracts is None and where(fact):
                found.append(identity)
        return sorted(found)

    def conflicts(self) -> list[str]:
        """Ends of trees that have several, one of them at least a correction; sorted ids."""
        trees = ([i for i in ids if not self.closes(i)] for ids in self.ends().values())
        return sorted(
            identity
            for tree in trees
            if len(tree) > 1 and any(self.facts[i].supersedes for i in tree)
            for identity in tree
        )
