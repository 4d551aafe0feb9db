"""Links of made versions: what is evidence, what a draw moves, and the published weights."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_methods import VALUE_METHODS, Component
from forecasts.measures.linking import Link, UnlinkedVersions, common_models, fit_link

DAY = date(2026, 6, 16)

# Artificial Analysis, CC BY 4.0.
PUBLISHED = {
    "4.1.1": [0.20, 0.16, 0.14, 0.12, 0.08, 0.04, 0.08, 0.06, 0.06, 0.06],
    "4.3.2": [0.15, 0.10, 0.05, 0.10, 0.10, 0.10, 0.05, 0.10, 0.05, 0.10, 0.10],
}


@pytest.fixture
def link(pairs: pl.DataFrame) -> Link:
    return fit_link(pairs, "4.0", "4.1", DAY)


def test_the_link_of_measured_models_is_found(link: Link) -> None:
    assert (link.n_common, link.n_measured, link.n_estimated) == (90, 30, 60)
    at = np.array([20.0, 40.0, 60.0])
    to, stderr = link.map(at)
    assert np.abs(to - (-4 + 0.9 * at)).max() < 0.8
    assert link.rmse == pytest.approx(1.0, abs=0.3)
    assert stderr[1] == pytest.approx(link.rmse, rel=0.25)  # stated and cross-validated
    assert min(stderr[0], stderr[2]) > stderr[1]
    assert link.spearman > 0.99
    assert link.points.columns == ["from", "to", "stderr"]
    assert link.points.height == 30


def test_estimated_values_are_no_evidence(pairs: pl.DataFrame, link: Link) -> None:
    elsewhere = pairs.with_columns(
        to_value=pl.when("to_estimated").then(99.0).otherwise("to_value")
    )
    again = fit_link(elsewhere, "4.0", "4.1", DAY)
    at = np.linspace(0, 80, 20)
    assert again.method == link.method
    assert (again.map(at)[0] == link.map(at)[0]).all()
    # What the publisher's own link was is said apart.
    assert link.publisher_rmse is not None
    expected = 0.5 * pairs["from_value"][30:].to_numpy() - link.map(pairs["from_value"][30:])[0]
    assert link.publisher_bias == pytest.approx(expected.mean())
    without = fit_link(pairs[:30], "4.0", "4.1", DAY)
    assert without.publisher_rmse is None


def test_an_estimate_on_the_earlier_version_is_none_either(pairs: pl.DataFrame) -> None:
    estimated = pairs.with_columns(from_estimated=pl.col("from_value") > 40)
    assert fit_link(estimated, "4.0", "4.1", DAY).n_measured == 15


def test_too_few_measured_models_do_not_link(pairs: pl.DataFrame) -> None:
    with pytest.raises(UnlinkedVersions, match=r"4 models are measured on both 4\.0 and 4\.1"):
        fit_link(pairs[26:], "4.0", "4.1", DAY)


def test_models_measured_otherwise_are_named_and_have_no_say(
    pairs: pl.DataFrame, link: Link
) -> None:
    odd = pairs.with_columns(
        to_value=pl.when(pl.col("model_key").is_in(["m05", "m25"]))
        .then(pl.col("to_value") + 14)
        .otherwise("to_value")
    )
    again = fit_link(odd, "4.0", "4.1", DAY)
    assert set(again.outliers) == {"m05", "m25"}
    assert link.outliers == ()
    at = np.linspace(10, 75, 14)
    assert np.abs(again.map(at)[0] - link.map(at)[0]).max() < 1.0


@pytest.mark.parametrize("method", VALUE_METHODS)
def test_every_method_can_be_asked_for(pairs: pl.DataFrame, method: str) -> None:
    link = fit_link(pairs, "4.0", "4.1", DAY, method=method)
    assert link.method == method
    at = np.linspace(-10, 110, 121)
    to, stderr = link.map(at)
    assert (np.diff(to) >= -1e-9).all()
    assert stderr[-1] > stderr[60] > 0  # beyond the common models less is known
    drawn = link.draw(300, np.random.default_rng(1)).values(at)
    assert (np.diff(drawn, axis=1) >= -1e-9).all()
    assert np.abs(drawn.mean(axis=0) - to)[30:70].max() < 0.8


def test_unknown_methods_are_refused(pairs: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="there is no method 'cubic'; there are linear"):
        fit_link(pairs, "4.0", "4.1", DAY, method="cubic")
    with pytest.raises(ValueError, match="needs component scores"):
        fit_link(pairs, "4.0", "4.1", DAY, method="components")


def test_one_draw_moves_all_models(link: Link) -> None:
    models = pl.DataFrame(
        {"model_key": ["a", "b", "c"], "lab": ["x", "x", "y"], "from_value": [90.0, 91.0, 20.0]}
    )
    draws = link.draw(4000, np.random.default_rng(3))
    maps = draws.values(models["from_value"].to_numpy())
    # The map's error beyond the common range is common to those there.
    assert np.corrcoef(maps[:, 0], maps[:, 1])[0, 1] > 0.99
    drawn = draws.models(models)
    value, stderr = link.map(models["from_value"].to_numpy())
    assert np.std(drawn, axis=0) == pytest.approx(stderr, rel=0.12)
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] > 0.3
    # The same model in another call is the same in every draw.
    assert (draws.models(models[1:2])[:, 0] == drawn[:, 1]).all()
    again = link.draw(4000, np.random.default_rng(3)).models(models)
    assert (again == drawn).all()
    assert np.abs(value - drawn.mean(axis=0)).max() < 0.5


def test_models_of_one_lab_depart_together(pairs: pl.DataFrame) -> None:
    rng = np.random.default_rng(5)
    shift = dict(zip([f"lab {i}" for i in range(7)], rng.normal(0, 3, 7), strict=True))
    of_lab = pairs.with_columns(
        to_value=pl.col("to_value") + pl.col("lab").replace_strict(shift, return_dtype=pl.Float64)
    )
    link = fit_link(of_lab, "4.0", "4.1", DAY)
    assert link.shared > 0.3
    models = pl.DataFrame(
        {"model_key": ["a", "b", "c"], "lab": ["x", "x", "y"], "from_value": [40.0, 40.0, 40.0]}
    )
    together = np.corrcoef(link.draw(4000, rng).departures(models), rowvar=False)
    assert together[0, 1] == pytest.approx(link.shared, abs=0.08)
    assert abs(together[0, 2]) < 0.08


@pytest.mark.parametrize("version", PUBLISHED)
def test_published_weights_on_components_give_the_total(version: str) -> None:
    """Where every component is held the new version is computed, to 0.1 to 0.3 points."""
    rng = np.random.default_rng(4)
    weights = np.array(PUBLISHED[version])
    k = weights.size
    ability = rng.normal(0, 1, (60, 1))
    scores = 100 / (1 + np.exp(-ability - rng.normal(-0.3, 0.6, k) - rng.normal(0, 0.6, (60, k))))
    totals = scores @ weights + rng.normal(0, 0.15, 60)  # rounded scores and weights
    every = pl.DataFrame(
        {
            "model_key": [f"m{i:02d}" for i in range(60)],
            "from_value": scores.mean(axis=1) + rng.normal(0, 2, 60),
            "to_value": totals,
            "from_estimated": False,
            "to_estimated": False,
            **{f"c{j}": scores[:, j] for j in range(k)},
        }
    )
    order = np.argsort(totals)
    components = [Component(f"c{j}", float(w), f"c{j}", f"c{j}") for j, w in enumerate(weights)]
    link = fit_link(every[order[10:22]], "old", version, DAY, components=components)
    assert link.method == "components"
    moved = every[order[22:]]
    to = link.move(moved)
    assert to["through"].unique().to_list() == ["computed"]
    apart = moved["to_value"].to_numpy() - to["value"].to_numpy()
    assert np.sqrt(np.mean(apart**2)) < 0.3
    assert np.sqrt(np.mean((apart / to["stderr"].to_numpy()) ** 2)) < 1.3
    # One component missing: no longer computed, and less sure; none: through the total.
    gone = link.move(moved.with_columns(c0=pl.lit(None, dtype=pl.Float64)))
    assert gone["through"].unique().to_list() == ["components"]
    assert (gone["stderr"] > to["stderr"]).all()
    none = link.move(
        moved.with_columns(pl.lit(None, dtype=pl.Float64).alias(c.name) for c in components)
    )
    assert none["through"].unique().to_list() == ["total"]


def _observation(
    key: str, version: str, value: float, day: date, estimated: bool = False
) -> dict[str, object]:
    return {
        "model_key": key,
        "index_version": version,
        "value": value,
        "estimated": estimated,
        "observed_on": day,
        "released_on": date(2026, 1, 1),
        "lab": "x",
    }


def test_common_models_are_those_known_on_the_day() -> None:
    june, july = date(2026, 6, 16), date(2026, 7, 1)
    rows = pl.DataFrame(
        [
            _observation("a", "4.0", 40.0, date(2026, 5, 1)),
            _observation("a", "4.0", 41.0, june),
            _observation("a", "4.1", 35.0, june, estimated=True),
            _observation("a", "4.1", 33.0, july),
            _observation("b", "4.0", 50.0, june),
            _observation("b", "4.1", 44.0, july),
            _observation("c", "4.0", 60.0, june),
        ]
    )
    then = common_models(rows, "4.0", "4.1", june)
    assert then.select("model_key", "from_value", "to_value", "to_estimated").rows() == [
        ("a", 41.0, 35.0, True)
    ]
    now = common_models(rows, "4.0", "4.1", july)
    assert now.select("model_key", "from_value", "to_value", "to_estimated").rows() == [
        ("a", 41.0, 33.0, False),
        ("b", 50.0, 44.0, False),
    ]
    # A later estimate does not erase what was measured.
    again = pl.concat([rows, pl.DataFrame([_observation("b", "4.1", 9.0, july, estimated=True)])])
    assert common_models(again, "4.0", "4.1", july)["to_value"].to_list() == [33.0, 44.0]
