"""What `tracker chart` is asked for: numbers out of range, formats, the past, draws by model."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from forecasts.errors import UsageError
from forecasts.forecasting.comparison import draws_told, with_headline
from tracker.charts import forecast_models
from tracker.charts.subjects import Choice, subject_for
from tracker.cli import cli
from tracker.cli.globals import GlobalOptions
from tracker.workspace import Workspace

Run = Callable[..., Result]


@pytest.fixture
def run(demo: Workspace) -> Run:
    def invoke(*words: str) -> Result:
        call = ["--workspace", str(demo.folder), "--quiet", *words]
        return CliRunner().invoke(cli, call, obj=GlobalOptions())

    return invoke


@pytest.mark.parametrize("name", ["closure", "forecast-gap", "skill"])
@pytest.mark.parametrize("wrong", [{"horizon_months": 0}, {"draws": 0}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(
    name: str, wrong: dict[str, int], demo: Workspace
) -> None:
    with pytest.raises(UsageError, match=r"0 months|0 draws|seed is -1"):
        subject_for(demo, name, Choice(models=("linear-trend",), **wrong))  # type: ignore[arg-type]


def test_seed_zero_is_a_seed(demo: Workspace) -> None:
    made = subject_for(demo, "closure", Choice(models=("linear-trend",), draws=200, seed=0))
    assert made.subject.seed == 0


def test_a_table_on_stdout_beside_the_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gap.png"
    found = run("chart", "gap", "--out", str(file), "--format", "csv")
    assert found.exit_code == 0
    assert file.read_bytes()[:4] == b"\x89PNG"
    assert found.stdout == run("chart", "gap", "--format", "csv").stdout
    binary = run("chart", "gap", "--out", str(file), "--format", "parquet").stdout_bytes
    assert pl.read_parquet(io.BytesIO(binary)).columns[0] == "bloc"


def test_a_chart_of_what_was_known_before(run: Run) -> None:
    found = run("chart", "gap", "--format", "csv", "--recorded-before", "2020-01-01")
    assert found.exit_code != 0
    assert "Nothing was recorded before" in str(found.exception)
    assert run("chart", "gap", "--format", "csv", "--recorded-before", "2100-01-01").exit_code == 0


def test_draws_are_for_each_model(demo: Workspace) -> None:
    names = ("linear-trend", "persistence")
    made = subject_for(demo, "forecast-models", Choice(models=names, draws=300)).subject
    assert {name: made.paths[name].shape[0] for name in names} == dict.fromkeys(names, 300)
    assert draws_told(made) == "300 draws each"
    labels = forecast_models.draw(made, "").labels
    assert "300 draws each" in labels.subtitle.replace("\n", " ")


def test_the_headline_model_has_one_number(demo: Workspace) -> None:
    headline = demo.forecast(models=("linear-trend",), draws=2000)
    others = demo.forecast(models=("persistence", "linear-trend"), draws=400)
    both = with_headline(others, headline)
    assert both.by_model["model"].to_list() == ["persistence", "linear-trend"]
    chances = dict(both.by_model.select("model", "probability_within_horizon").rows())
    assert chances["linear-trend"] == headline.closure.probability_within_horizon
    assert chances["persistence"] == others.by_model["probability_within_horizon"][0]
    assert draws_told(both) == "200 draws each, linear-trend 2,000"


def test_a_model_at_the_ceiling_is_named(demo: Workspace) -> None:
    made = subject_for(
        demo, "forecast-models", Choice(models=("log-linear", "linear-trend"), draws=200)
    ).subject
    note = forecast_models.ceiling_note(made)
    assert note == " No interval: log-linear, both blocs at the ceiling of 100."
