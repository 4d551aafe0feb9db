"""One report gives one number for one model."""

from dataclasses import replace

from frames import june

from forecasts.forecasting.comparison import draws_told, with_headline
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
