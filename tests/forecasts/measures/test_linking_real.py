"""The re-basing of 2026-06-16: 43 models measured on both versions, 458 estimated."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_methods import Component
from forecasts.measures.linking import Link, fit_link

DAY = date(2026, 6, 16)


@pytest.fixture(scope="module")
def link(real_pair) -> Link:  # type: ignore[no-untyped-def]
    return fit_link(
        real_pair.pairs,
        "4.0",
        "4.1",
        DAY,
        components=real_pair.components,
        pool=real_pair.pairs,
    )


def _plain_mix(measured: pl.DataFrame, columns: list[str]) -> tuple[float, float]:
    """Leave-one-out RMSE of ordinary least squares on columns, of all and of the top quarter."""
    design = np.column_stack([np.ones(measured.height), measured.select(columns).to_numpy()])
    target = measured["to_value"].to_numpy()
    hat = design @ np.linalg.pinv(design)
    errors = (target - hat @ target) / (1 - np.diag(hat))
    top = np.argsort(-measured["from_value"].to_numpy())[: measured.height // 4]
    return float(np.sqrt(np.mean(errors**2))), float(np.sqrt(np.mean(errors[top] ** 2)))


def test_only_what_was_measured_counts(link: Link) -> None:
    assert (link.n_common, link.n_measured, link.n_estimated) == (501, 43, 458)
    assert link.publisher_rmse is not None


def test_components_carry_more_than_the_total(link: Link) -> None:
    assert link.method == "components"
    for other in ("linear", "spline", "isotonic", "equipercentile"):
        assert link.rmse < 0.7 * link.trials[other].rmse
        assert link.rmse_top < 0.6 * link.trials[other].rmse_top
    assert link.rmse_beyond is not None
    assert link.rmse_beyond < 2.2


def test_it_is_better_than_the_plain_mix_of_the_same_components(link: Link, real_pair) -> None:  # type: ignore[no-untyped-def]
    """From the earlier scores alone, as a model that is moved has them, and from the later ones."""
    measured = link.common
    held = [c.earlier for c in real_pair.components]
    plain, plain_top = _plain_mix(measured, held)
    assert link.rmse < plain
    assert link.rmse_top < plain_top
    later = ["gdpval_later" if c == "gdpval_aa_normalized" else c for c in held]
    own = _leave_one_out_with_later_scores(link, real_pair)
    assert float(np.sqrt(np.mean(own**2))) < 0.95 * _plain_mix(measured, later)[0]


def _leave_one_out_with_later_scores(link: Link, real_pair) -> np.ndarray:  # type: ignore[no-untyped-def]
    from forecasts.measures.link_methods import fit_components

    measured = link.common
    errors = []
    for i in range(measured.height):
        learn = measured[np.delete(np.arange(measured.height), i)]
        fit = fit_components(
            learn, learn["to_value"].to_numpy(), real_pair.components, real_pair.pairs
        )
        assert fit is not None
        errors.append(measured["to_value"][i] - fit.predict(measured[[i]])[0][0])
    return np.array(errors)


def test_stated_errors_are_calibrated(link: Link) -> None:
    assert 0.8 <= link.rms_z <= 1.3


def test_models_measured_later_fall_where_the_link_said(link: Link, real_pair) -> None:  # type: ignore[no-untyped-def]
    later = real_pair.later.with_columns(gdpval_later=pl.lit(None, dtype=pl.Float64))
    to = link.move(later)
    apart = later["truth"].to_numpy() - to["value"].to_numpy()
    assert later.height == 28
    assert np.sqrt(np.mean(apart**2)) < 2.2
    publisher = later.filter("to_estimated")
    theirs = (publisher["truth"] - publisher["to_value"]).to_numpy()
    assert np.sqrt(np.mean(apart**2)) < np.sqrt(np.mean(theirs**2))
    z = apart / to["stderr"].to_numpy()
    assert 0.7 <= np.sqrt(np.mean(z**2)) <= 1.3
    drawn = link.draw(1000, np.random.default_rng(0)).models(later)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    truth = later["truth"].to_numpy()
    assert ((truth >= low) & (truth <= high)).mean() >= 0.8


@pytest.mark.parametrize(
    ("day", "learnt", "within", "least"),
    [((2026, 1, 1), 6, 3.0, 0.5), ((2026, 4, 15), 22, 2.4, 0.8)],
)
def test_models_released_after_a_day_are_foretold(  # type: ignore[no-untyped-def]
    link: Link, real_pair, day: tuple[int, int, int], learnt: int, within: float, least: float
) -> None:
    """From six older models a line is seven points wrong, and thirteen at the top."""
    after = pl.col("released_on") >= date(*day)
    older, newer = link.common.filter(~after), link.common.filter(after)
    assert older.height == learnt
    early = fit_link(
        older, "4.0", "4.1", DAY, components=real_pair.components, pool=real_pair.pairs
    )
    to = early.move(newer.with_columns(gdpval_later=pl.lit(None, dtype=pl.Float64)))
    apart = newer["to_value"].to_numpy() - to["value"].to_numpy()
    assert np.sqrt(np.mean(apart**2)) < within
    # Six models leave errors that all later ones share: hardly more than one draw of z.
    assert least <= np.sqrt(np.mean((apart / to["stderr"].to_numpy()) ** 2)) <= 1.3


def test_without_weights_the_earlier_versions_are_a_start(link: Link, real_pair) -> None:  # type: ignore[no-untyped-def]
    silent = [Component(c.name, None, c.held or c.earlier, c.earlier) for c in real_pair.components]
    blind = fit_link(real_pair.pairs, "4.0", "4.1", DAY, components=silent, pool=real_pair.pairs)
    assert blind.method == "components"
    assert link.rmse < blind.rmse < 2.0
    assert sum(blind.components.weights.values()) == pytest.approx(1.0, abs=0.05)  # type: ignore[union-attr]


def test_the_same_data_give_the_same_link(link: Link, real_pair) -> None:  # type: ignore[no-untyped-def]
    again = fit_link(
        real_pair.pairs.sample(fraction=1.0, shuffle=True, seed=1),
        "4.0",
        "4.1",
        DAY,
        components=real_pair.components,
        pool=real_pair.pairs,
    )
    assert again.rmse == link.rmse
    models = link.common.head(5)
    one, other = (k.draw(50, np.random.default_rng(9)).models(models) for k in (link, again))
    assert (one == other).all()
