"""Index versions as nodes, links as edges: a version reaches another by the path of least error.

Every link is dated, so that the graph of an earlier day says what the links said then.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.measures.linking import Link, LinkDraws

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LinkPath:
    """Links one after another, from `source` to `target`; the first is the first to apply.

    error: the standard error in points of `target` that a model moved by it has at the middle of
    the common models: each link's, carried through the slopes of the later ones, added in squares.
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


@dataclass(frozen=True)
class LinkGraph:
    """Links between versions of one index."""

    links: tuple[Link, ...]

    @classmethod
    def of(cls, links: Iterable[Link]) -> "LinkGraph":
        return cls(tuple(sorted(links, key=lambda k: (k.source, k.target, k.dated))))

    def as_of(self, day: date) -> "LinkGraph":
        """The newest link between each two versions that was fitted by `day`."""
        newest = {(k.source, k.target): k for k in self.links if k.dated <= day}
        return LinkGraph(tuple(newest.values()))

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted({v for k in self.links for v in (k.source, k.target)}))

    def path(self, source: str, target: str) -> LinkPath | None:
        """The path of least error; None where `target` cannot be reached, or is `source`."""
        return self.paths_to(target).get(source)

    def paths_to(self, target: str) -> dict[str, LinkPath]:
        """The path of least error from every version that reaches `target`.

        Dijkstra's (1959) shortest paths, from the target backwards, the length being the variance
        in points of the target.
        """
        arriving: dict[str, list[Link]] = {}
        for link in self.links:
            arriving.setdefault(link.target, []).append(link)
        found: dict[str, LinkPath] = {}
        count = 0
        queue: list[tuple[float, int, tuple[Link, ...], float]] = [(0.0, 0, (), 1.0)]
        while queue:
            variance, _, links, slope = heapq.heappop(queue)
            at = links[0].source if links else target
            if at in found or (links and at == target):
                continue
            if links:
                found[at] = LinkPath(links, float(np.sqrt(variance)))
            for link in arriving.get(at, []):
                if link.source in found or link.source == target:
                    continue
                count += 1
                longer = variance + (slope * _error(link)) ** 2
                steeper = slope * float(_slope(link, _middle(link))[0])
                heapq.heappush(queue, (longer, count, (link, *links), steeper))
        return found

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


def _middle(link: Link) -> FloatArray:
    return np.array([float(np.median(link.common["from_value"].to_numpy()))])


def _error(link: Link) -> float:
    """The error of a moved model: as cross-validated, and as stated at the middle where larger."""
    return max(link.rmse, float(link.map(_middle(link))[1][0]) if link.components is None else 0.0)


def _slope(link: Link, at: FloatArray) -> FloatArray:
    """Slope (m,) of the link's map at (m,), over a tenth of the common range each way."""
    step = 0.1 * float(np.ptp(link.common["from_value"].to_numpy()))
    return (link.map(at + step)[0] - link.map(at - step)[0]) / (2 * step)
