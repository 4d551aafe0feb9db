"""One report gives one number for one model."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from frames import june, table, view

from forecasts.forecasting.comparison import (
    at_the_ceiling,
    draws_told,
    side_by_side,
    with_headline,
)
from forecasts.forecasting.forecast import forecast_gap
from forecasts.request import ForecastRequest, Pair


def test_the_headlines_row_takes_the_place_of_the_few_draws_of_its_model() -> None:
    asked = ForecastRequest(pair=Pair("US", "CN"), models=("linear-trend",), horizon_months=6,
                            draws=900, seed=3)  # fmt: skip
    headline = forecast_gap(june(), asked)
    several = replace(asked, models=("persistence", "linear-trend", "theil-sen"), draws=600)
    compared = forecast_gap(june(), several)
    found = with_headline(compared, headline)
    assert found.by_model["model"].to_list() == ["persistence", "linear-trend", "theil-sen"]
    rows = {r["model"]: r for r in found.by_model.iter_rows(named=True)}
    assert rows["linear-trend"] == headline.by_model.row(0, named=True)
    assert rows["theil-sen"] == compared.by_model.row(2, named=True)
    assert found.paths["linear-trend"] is headline.paths["linear-trend"]
    assert draws_told(found) == "200 draws each, linear-trend 900"
    assert draws_told(compared) == "200 draws each"
    other = forecast_gap(june(), replace(asked, models=("gompertz",)))
    assert with_headline(compared, other).by_model["model"].to_list()[-1] == "gompertz"


MODELS = ("persistence", "random-walk-drift")
ASKED = ForecastRequest(pair=Pair("US", "CN"), models=MODELS, horizon_months=12, draws=400, seed=1)


def test_side_by_side_is_ordered_by_the_median_gap() -> None:
    found = forecast_gap(june(), ASKED)
    rows = side_by_side(found)
    assert rows["gap_q50"].is_sorted()
    for name, chance in rows.select("model", "probability_closed").rows():
        alone = found.by_model.filter(model=name)["probability_within_horizon"].item()
        assert chance == alone
    assert dict(rows.select("model", "probability_exhausted").rows()) == dict(
        found.by_model.select("model", "probability_exhausted").rows()
    )
    ahead = forecast_gap(june(), replace(ASKED, pair=Pair("CN", "US")))
    for name, chance in side_by_side(ahead).select("model", "probability_ahead").rows():
        paths = ahead.paths[name]
        below = paths[:, 0, -1] < 100
        assert chance == (below & (paths[:, 1, -1] >= paths[:, 0, -1])).mean()


def test_models_whose_every_draw_ends_at_the_bound() -> None:
    rows = [
        (f"{c}{i}", c, str(date(2022 + i // 12, 1 + i % 12, 5)), 50 + 2 * i - 0.5 * (c == "CN"))
        for i in range(25)
        for c in ("US", "CN")
    ]
    near = view(table(rows, "2024-02-01"), date(2024, 2, 1), ceiling=99.0)
    found = forecast_gap(near, replace(ASKED, horizon_months=24))
    assert at_the_ceiling(found) == ["random-walk-drift"]
    assert np.all(found.paths["random-walk-drift"][:, :, -1] == pytest.approx(99))
    assert at_the_ceiling(forecast_gap(june(), ASKED)) == []
