"""What is moved from other versions, and that one draw of a link moves it all."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_evidence import Evidence
from forecasts.measures.link_graph import LinkGraph
from forecasts.measures.linked import LINK_DRAWS, LinkUse, move_rows, to_move
from forecasts.measures.linking import fit_link
from forecasts.measures.view import IndexView

OLD, NEW = date(2026, 6, 1), date(2026, 7, 1)
ORDER = ("0", "1", "2")


def rows(*made: tuple[str, str, float, date]) -> pl.DataFrame:
    """Observations: model, version, value and day."""
    return pl.DataFrame(
        [
            {
                "observation_id": f"{model} {version} {day}", "model": model,
                "model_key": model.lower().replace(" ", "-"), "lab": "L", "country": "US",
                "released_on": date(2026, 1, 1), "open_weights": None, "reasoning": None,
                "index_version": version, "value": value, "stderr": None, "estimated": None,
                "observed_on": day, "source": "s",
            }
            for model, version, value, day in made
        ],
        schema_overrides={"stderr": pl.Float64, "open_weights": pl.Boolean,
                          "reasoning": pl.Boolean, "estimated": pl.Boolean},
    )  # fmt: skip


def ids(frame: pl.DataFrame) -> set[str]:
    return set(frame["observation_id"])


def test_what_the_version_does_not_say_is_moved() -> None:
    own = rows(("A", "2", 10.0, NEW))
    others = rows(("A", "1", 20.0, OLD), ("B", "1", 30.0, OLD), ("B", "0", 40.0, OLD))
    # A counts by its old value until the new one was known; of B the newest version speaks.
    assert ids(to_move(own, others, ORDER)) == {f"A 1 {OLD}", f"B 1 {OLD}"}
    assert ids(to_move(own.clear(), others, ORDER)) == {f"A 1 {OLD}", f"B 1 {OLD}"}


def test_a_newer_version_does_not_replace_what_a_pinned_one_says() -> None:
    own = rows(("A", "1", 20.0, OLD))
    later = rows(("A", "2", 10.0, NEW), ("C", "2", 12.0, NEW))
    assert ids(to_move(own, later, ORDER)) == {f"C 2 {NEW}"}


def test_a_variant_of_a_model_that_is_there_is_not_moved() -> None:
    own = rows(("A (high)", "2", 10.0, NEW))
    others = rows(
        ("A (low)", "1", 20.0, OLD), ("A (high)", "1", 21.0, OLD), ("A mini", "1", 9.0, OLD)
    )
    assert ids(to_move(own, others, ORDER)) == {f"A (high) 1 {OLD}", f"A mini 1 {OLD}"}


@pytest.fixture(scope="module")
def graph() -> LinkGraph:
    rng = np.random.default_rng(0)
    x = np.linspace(10, 60, 20)
    pairs = pl.DataFrame(
        {
            "model_key": [f"m{i}" for i in range(20)], "from_value": x,
            "to_value": 0.8 * x + rng.normal(0, 1, 20), "from_estimated": False,
            "to_estimated": False,
        }
    )  # fmt: skip
    return LinkGraph.of([fit_link(pairs, "1", "2", NEW, method="linear")], ORDER)


@pytest.fixture
def view(graph: LinkGraph) -> IndexView:
    own = rows(("A", "2", 10.0, NEW), ("D", "2", 20.0, NEW))
    others = rows(("B", "1", 50.0, OLD), ("C", "1", 55.0, OLD), ("A", "1", 12.0, OLD))
    pool = others.select("model_key", "model", "lab", from_value="value")
    found = move_rows(to_move(own, others, ORDER), own, {"1": Evidence(pool, pool, ())}, graph, "2")
    assert found.uses == (
        LinkUse("1", "2", ("1", "2"), 2, found.uses[0].error, NEW),
    )  # A has a value of its own
    assert found.uses[0].error == pytest.approx(1.0, abs=0.4)
    assert found.rows["linked_from"].to_list() == ["1"] * 3
    both = pl.concat([own, found.rows.drop("linked_from")])
    return IndexView(
        "I", "2", NEW, "final", both, links=found.uses, link_draws=found.draws
    )  # fmt: skip


def test_values_come_on_the_scale_of_the_version(view: IndexView) -> None:
    models = {row["model"]: row for row in view.models().iter_rows(named=True)}
    assert models["A"]["value"] == 10.0
    assert models["B"]["value"] == pytest.approx(40, abs=1)
    assert 0.8 < models["B"]["stderr"] < 2
    assert view.rows["index_version"].unique().to_list() == ["2"]


def test_one_draw_moves_all_that_a_link_moves(view: IndexView) -> None:
    drawn = view.drawn()
    assert len(drawn) == LINK_DRAWS
    values = np.array(
        [[dict(v.models().select("model", "value").iter_rows())[m] for m in "ABCD"] for v in drawn]
    )
    assert (values[:, 0] == 10.0).all()
    assert (values[:, 3] == 20.0).all()
    assert values[:, 1].std() > 0.4
    assert values[:, 1].mean() == pytest.approx(40, abs=1.5)
    assert view.drawn()[3].rows.equals(drawn[3].rows)
    own = view.rows.filter(pl.col("model").is_in(["A", "D"]), observed_on=NEW)
    assert view.with_rows(own).drawn() == []


def test_what_no_path_leads_from_stays_away(graph: LinkGraph) -> None:
    own, others = rows(("A", "2", 10.0, NEW)), rows(("B", "0", 50.0, OLD))
    found = move_rows(others, own, {}, graph, "2")
    assert found.rows.is_empty()
    assert found.uses == ()
