"""Index versions as nodes, links as edges: a version reaches another by the path of least error.

Every link is dated, so that the graph of an earlier day says what the links said then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.measures.linking import Link, LinkDraws

FloatArray = NDArray[np.float64]

MAX_LINKS = 4  # of a path: errors add up, and more steps are never the best of those tried


@dataclass(frozen=True)
class LinkPath:
    """Links one after another, from `source` to `target`; the first is the first to apply.

    error: the standard error in points of `target` that a model moved by it has: each link's,
    carried through the slopes of the later ones, added in squares; see `LinkGraph.path`.
    """

    links: tuple[Link, ...]
    error: float

    @property
    def source(self) -> str:
        return self.links[0].source

    @property
    def target(self) -> str:
        return self.links[-1].target

    @property
    def dated(self) -> date:
        """The day of the newest link on it."""
        return max(link.dated for link in self.links)

    def move(self, models: pl.DataFrame) -> pl.DataFrame:
        """Models on `target`'s scale: value, stderr, through; see `Link.move`.

        Components carry the first step; later ones have the total alone.
        """
        moved = self.links[0].move(models)
        value, variance = moved["value"].to_numpy(), moved["stderr"].to_numpy() ** 2
        for link in self.links[1:]:
            slope = _slope(link, value)
            value, stderr = link.map(value)
            variance = slope**2 * variance + stderr**2
        return moved.with_columns(value=pl.Series(value), stderr=pl.Series(np.sqrt(variance)))

    def map(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (m,) on `target`'s scale and the standard errors (m,) of a model's."""
        models = pl.DataFrame({"from_value": np.asarray(values, dtype=np.float64)})
        moved = _by_total(models, self)
        return moved["value"].to_numpy(), moved["stderr"].to_numpy()

    def draw(self, n: int, rng: np.random.Generator) -> "PathDraws":
        """n draws of the whole path; each moves all models at once."""
        return PathDraws(tuple(link.draw(n, rng) for link in self.links))


@dataclass(frozen=True)
class PathDraws:
    """n draws of the links of a path, applied one after another."""

    steps: tuple[LinkDraws, ...]

    def values(self, values: FloatArray) -> FloatArray:
        """The maps alone, (n, m), at values (m,)."""
        moved = self.steps[0].values(values)
        for step in self.steps[1:]:
            moved = step.values(moved)
        return moved

    def models(self, models: pl.DataFrame) -> FloatArray:
        """(n, m): the moved values of models; see `LinkDraws.models`."""
        moved = self.steps[0].models(models)
        for step in self.steps[1:]:
            moved = step.values(moved) + step.sigma[:, None] * step.departures(models)
        return moved


def on_the_way(order: Sequence[str], link: tuple[str, str], ends: tuple[str, str]) -> bool:
    """Whether a link (from, to) goes on between two versions in the order of their times, or
    against it; anything may where one of the four is not in `order`."""
    places = {version: at for at, version in enumerate(order)}
    at = [places[v] for v in (ends[0], *link, ends[1]) if v in places]
    if len(at) < 4:
        return True
    if at[0] > at[3]:
        at = [-place for place in at]
    return at[0] <= at[1] < at[2] <= at[3]


@dataclass(frozen=True)
class LinkGraph:
    """Links between versions of one index.

    order: the versions in the order of their times. A path goes through them in that order or
    against it, never to and fro: each detour carries the noise of one scale into another, where a
    regression makes it look small. Versions that are not in it stand anywhere.
    """

    links: tuple[Link, ...]
    order: tuple[str, ...] = ()

    @classmethod
    def of(cls, links: Iterable[Link], order: Sequence[str] = ()) -> "LinkGraph":
        ordered = sorted(links, key=lambda k: (k.source, k.target, k.dated))
        return cls(tuple(ordered), tuple(order))

    def as_of(self, day: date) -> "LinkGraph":
        """The newest link between each two versions that was fitted by `day`."""
        newest = {(k.source, k.target): k for k in self.links if k.dated <= day}
        return replace(self, links=tuple(newest.values()))

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted({v for k in self.links for v in (k.source, k.target)}))

    def path(self, source: str, target: str, at: FloatArray | None = None) -> LinkPath | None:
        """The path of least error; None where `target` cannot be reached, or is `source`.

        Args:
            at: values (m,) of `source` that are to be moved: the error is that of the map there, a
                model's scatter included, as root mean square. None: the common models' of the
                path's first link. A link among weak models says little of strong ones, so what is
                to be moved decides which path is best.
        """
        best: LinkPath | None = None
        for links in self._chains(source, target):
            first = links[0].common["from_value"].to_numpy() if at is None else at
            path = LinkPath(links, 0.0)
            error = float(np.sqrt(np.mean(path.map(first)[1] ** 2)))
            if best is None or error < best.error:
                best = replace(path, error=error)
        return best

    def paths_to(
        self, target: str, at: Mapping[str, FloatArray] | None = None
    ) -> dict[str, LinkPath]:
        """The path of least error from every version that reaches `target`; `at` by version."""
        values = {} if at is None else at
        found = {v: self.path(v, target, values.get(v)) for v in self.versions}
        return {v: path for v, path in found.items() if path is not None}

    def _chains(self, source: str, target: str) -> Iterator[tuple[Link, ...]]:
        """Links one after another from `source` to `target`, no version twice."""
        leaving: dict[str, list[Link]] = {}
        for link in self.links:
            if on_the_way(self.order, (link.source, link.target), (source, target)):
                leaving.setdefault(link.source, []).append(link)
        open_ends: list[tuple[Link, ...]] = [(link,) for link in leaving.get(source, [])]
        while open_ends:
            links = open_ends.pop()
            if links[-1].target == target:
                yield links
            elif len(links) < MAX_LINKS:
                seen = {source, *(link.target for link in links)}
                nexts = (n for n in leaving.get(links[-1].target, []) if n.target not in seen)
                open_ends += [(*links, link) for link in nexts]

    def unreachable(self, versions: Sequence[str], target: str) -> list[str]:
        """Those of `versions` that no path leads from to `target`: they stay on their own scale."""
        reached = self.paths_to(target)
        return [v for v in versions if v != target and v not in reached]


def _by_total(models: pl.DataFrame, path: LinkPath) -> pl.DataFrame:
    value = models["from_value"].to_numpy()
    variance = np.zeros(value.size)
    for link in path.links:
        slope = _slope(link, value)
        value, stderr = link.map(value)
        variance = slope**2 * variance + stderr**2
    return pl.DataFrame({"value": value, "stderr": np.sqrt(variance)})


def _slope(link: Link, at: FloatArray) -> FloatArray:
    """Slope (m,) of the link's map at (m,), over a tenth of the common range each way."""
    step = 0.1 * float(np.ptp(link.common["from_value"].to_numpy()))
    return (link.map(at + step)[0] - link.map(at - step)[0]) / (2 * step)
