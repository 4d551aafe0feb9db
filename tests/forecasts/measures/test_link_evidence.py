"""Common models and components of two versions, told from observations and stated weights."""

from datetime import date, timedelta

import polars as pl
import pytest

from forecasts.measures.link_evidence import WEIGHTS, Evidence, gather_evidence

OLD, NEW = date(2026, 6, 1), date(2026, 7, 1)


def row(model: str, index: str, version: str, value: float, day: date, **more: object) -> dict:  # type: ignore[type-arg]
    return {
        "model_key": model, "model": model.upper(), "lab": "L", "released_on": date(2026, 1, 1),
        "index_name": index, "index_version": version, "value": value, "estimated": None,
        "observed_on": day, **more,
    }  # fmt: skip


@pytest.fixture
def observations() -> pl.DataFrame:
    rows = []
    for at, model in enumerate("abcdef"):
        rows.append(row(model, "I", "1", 10.0 + at, OLD))
        if model != "f":
            rows.append(row(model, "I", "2", 20.0 + at, NEW, estimated=model == "e"))
        # Maths is the same test in both, code was made harder, law is new, chess was dropped.
        rows += [row(model, "maths", "1", 0.1 + at / 10, day) for day in (OLD, NEW)]
        rows += [row(model, "code", "1", 0.2 + at / 10, OLD), row(model, "chess", "1", 0.5, OLD)]
        rows += [row(model, "code", "2", 0.1 + at / 10, NEW), row(model, "law", "1", 0.3, NEW)]
    rows.append(row("z", "I", "2", 99.0, NEW))
    return pl.DataFrame(rows)


def weights(*rows: tuple[str, str, str | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(version, family, family, measure, 100.0, weight)
         for version, family, measure, weight in rows],
        schema=dict(zip(WEIGHTS, (pl.String,) * 4 + (pl.Float64,) * 2, strict=True)), orient="row",
    )  # fmt: skip


STATED = weights(
    ("1", "maths", "maths", None), ("1", "code", "code", None), ("1", "chess", "chess", None),
    ("2", "maths", "maths", 0.5), ("2", "code", "code", 0.3), ("2", "law", "law", 0.1),
    ("2", "ethics", None, 0.1),
)  # fmt: skip


def of(found: Evidence) -> dict[str, tuple[float | None, str | None, str | None, bool]]:
    return {c.name: (c.weight, c.earlier, c.held, c.published) for c in found.components}


def test_components_are_told_apart(observations: pl.DataFrame) -> None:
    found = gather_evidence(observations, STATED, "1", "2", NEW)
    assert of(found) == {
        "maths": (0.5, "maths:1", "maths:1", True),
        "code": (0.3, "code:1", "code:2", True),
        "law": (0.1, None, "law:2", True),
        "ethics": (0.1, None, None, True),
        "chess": (0.0, "chess:1", None, True),
    }
    pairs = found.pairs
    assert pairs["model_key"].to_list() == list("abcde")
    assert pairs["from_value"].to_list() == [10.0, 11.0, 12.0, 13.0, 14.0]
    assert pairs["to_value"].to_list() == [20.0, 21.0, 22.0, 23.0, 24.0]
    assert pairs["to_estimated"].to_list() == [False, False, False, False, True]
    # Scores come in the unit of the index.
    assert pairs["code:1"].to_list() == pytest.approx([20, 30, 40, 50, 60])
    assert pairs["code:2"].to_list() == pytest.approx([10, 20, 30, 40, 50])
    assert found.pool["model_key"].to_list() == list("abcdef")
    assert found.pool["maths:1"].to_list() == pytest.approx([10, 20, 30, 40, 50, 60])


def test_nothing_after_the_day_counts(observations: pl.DataFrame) -> None:
    later = observations.filter(observed_on=NEW).with_columns(
        pl.col("value") + 5, observed_on=NEW + timedelta(30)
    )
    both = pl.concat([observations, later])
    early = gather_evidence(both, STATED, "1", "2", NEW)
    assert early.pairs.equals(gather_evidence(observations, STATED, "1", "2", NEW).pairs)
    late = gather_evidence(both, STATED, "1", "2", NEW + timedelta(30))
    assert late.pairs["to_value"].to_list() == [25.0, 26.0, 27.0, 28.0, 29.0]
    assert gather_evidence(observations, STATED, "1", "2", OLD).pairs.is_empty()


def test_weights_that_are_not_stated_are_those_of_the_next_version(
    observations: pl.DataFrame,
) -> None:
    later = STATED.with_columns(index_version=pl.col("index_version").replace({"2": "3"}))
    found = gather_evidence(observations, later, "1", "2", NEW)
    assert {c.published for c in found.components} == {False}
    assert found.components[0].weight == 0.5


def test_without_component_scores_totals_are_all_there_is(observations: pl.DataFrame) -> None:
    alone = observations.filter(index_name="I")
    found = gather_evidence(alone, STATED, "1", "2", NEW)
    assert found.components == ()
    assert found.pairs.height == 5
    none = gather_evidence(alone, STATED.clear(), "1", "2", NEW)
    assert none.pairs.equals(found.pairs)
