"""Paths through links: least error, composition, and what the links said on another day."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_graph import LinkGraph
from forecasts.measures.linking import Link, fit_link

JUNE, JULY = date(2026, 6, 16), date(2026, 7, 1)


def _link(
    source: str, target: str, noise: float, slope: float = 1.0, dated: date = JUNE, n: int = 12
) -> Link:
    rng = np.random.default_rng([ord(c) for c in source + target])
    x = np.linspace(10, 60, n)
    pairs = pl.DataFrame(
        {
            "model_key": [f"m{i:02d}" for i in range(n)],
            "from_value": x,
            "to_value": 2 + slope * x + rng.normal(0, noise, n),
            "from_estimated": False,
            "to_estimated": False,
        }
    )
    return fit_link(pairs, source, target, dated, method="linear")


@pytest.fixture(scope="module")
def graph() -> LinkGraph:
    return LinkGraph.of(
        [
            _link("1", "2", 0.5),
            _link("2", "3", 0.5, slope=0.8),
            _link("1", "3", 4.0, slope=0.8),
            _link("x", "y", 1.0),
        ]
    )


def test_the_path_of_least_error_is_taken(graph: LinkGraph) -> None:
    path = graph.path("1", "3")
    assert path is not None
    assert [(k.source, k.target) for k in path.links] == [("1", "2"), ("2", "3")]
    first, second = path.links
    # Errors add in squares; the first one's is shrunk by the second's slope.
    assert path.error == pytest.approx(
        np.hypot(0.8 * first.map(np.array([35.0]))[1], second.map(np.array([37.0]))[1])[0], rel=0.1
    )
    direct = LinkGraph.of([k for k in graph.links if k.source != "2"]).path("1", "3")
    assert direct is not None
    assert len(direct.links) == 1
    assert direct.error > path.error


def test_a_path_does_not_go_to_and_fro() -> None:
    exact = [_link("2", "1", 0.1), _link("1", "3", 0.1), _link("2", "3", 3.0), _link("3", "2", 3.0)]
    free = LinkGraph.of(exact).path("2", "3")
    assert free is not None
    assert [k.source for k in free.links] == ["2", "1"]
    ordered = LinkGraph.of(exact, ["1", "2", "3"])
    path, back = ordered.path("2", "3"), ordered.path("3", "2")
    assert path is not None
    assert back is not None
    assert ([k.source for k in path.links], [k.source for k in back.links]) == (["2"], ["3"])
    assert ordered.path("1", "2") is None
    assert ordered.as_of(JUNE).order == ordered.order


def test_what_is_to_be_moved_decides() -> None:
    """A link among weak models is exact about them and knows little of strong ones."""
    rng = np.random.default_rng(0)
    x = np.linspace(10, 16, 12)
    weak = pl.DataFrame(
        {
            "model_key": [f"w{i}" for i in range(12)], "from_value": x,
            "to_value": 2 + x + rng.normal(0, 0.8, 12), "from_estimated": False,
            "to_estimated": False,
        }
    )  # fmt: skip
    links = [fit_link(weak, "1", "3", JUNE, method="spline")]
    links += [_link("1", "2", 1.0), _link("2", "3", 1.0)]
    graph = LinkGraph.of(links, ["1", "2", "3"])
    near, far = graph.path("1", "3", x), graph.path("1", "3", np.array([50.0, 60.0]))
    assert near is not None
    assert far is not None
    assert (len(near.links), len(far.links)) == (1, 2)
    assert far.error > near.error


def test_what_cannot_be_reached_is_said(graph: LinkGraph) -> None:
    assert graph.path("x", "3") is None
    assert graph.path("3", "1") is None  # a link has a direction
    assert graph.path("3", "3") is None
    assert graph.unreachable(["0", "1", "2", "3", "x"], "3") == ["0", "x"]
    assert graph.versions == ("1", "2", "3", "x", "y")


def test_a_path_is_its_links_one_after_another(graph: LinkGraph) -> None:
    path = graph.path("1", "3")
    assert path is not None
    at = np.array([20.0, 50.0, 70.0])
    value, stderr = path.map(at)
    between, _ = path.links[0].map(at)
    assert value == pytest.approx(path.links[1].map(between)[0])
    assert (path.source, path.target, path.dated) == ("1", "3", JUNE)
    models = pl.DataFrame({"model_key": ["a", "b", "c"], "from_value": at})
    assert path.move(models)["value"].to_numpy() == pytest.approx(value)
    draws = path.draw(3000, np.random.default_rng(0))
    drawn = draws.models(models)
    assert np.std(drawn, axis=0) == pytest.approx(stderr, rel=0.15)
    maps = draws.values(at)
    assert (np.diff(maps, axis=1) >= -1e-9).all()
    first, second = draws.steps
    row = second.values(first.values(at))
    assert (maps == row).all()


def test_what_a_link_said_before_can_be_looked_up() -> None:
    early, late = _link("1", "2", 2.0, n=8), _link("1", "2", 0.5, dated=JULY)
    graph = LinkGraph.of([late, early])
    assert graph.as_of(date(2026, 6, 1)).links == ()
    assert graph.as_of(JUNE).links == (early,)
    assert graph.as_of(JULY).links == (late,)
    path = graph.as_of(JULY).path("1", "2")
    assert path is not None
    assert path.links[0].n_measured == 12
