"""Bounds, unit, natural scale and zero of an index: said once, inherited, and never left."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.definitions import definitions_table
from models import MODELS
from tracker.catalogue import Catalogue
from tracker.index_specs import index_spec, read_index_settings, set_index
from tracker.workspace import Workspace

AA = "Artificial Analysis Intelligence Index"
CATALOGUE = Catalogue()
KNOWN = CATALOGUE.index_versions.select("index_name", "index_version").rows()
UNKNOWN = [(name, "of-tomorrow") for name in CATALOGUE.index_versions["index_name"].unique().sort()]
# Draws depend on the bounds and the scale alone: one version for each kind that there is.
KINDS = {
    (s.low, s.high, s.scale): (name, version)
    for name, version in [*KNOWN, *UNKNOWN]
    for s in [index_spec(CATALOGUE, {}, name, version)]
}


def near_the_top(name: str, version: str, high: float) -> pl.DataFrame:
    """Two blocs whose frontiers rise by leaps to just below `high`, two models a month."""
    first = date(2025, 1, 1)
    rows = [
        {
            "model": f"{country} {month}", "lab": f"lab {country}", "country": country,
            "released_on": first + timedelta(days=30 * month), "observed_on": date(2026, 5, 1),
            "index_name": name, "index_version": version, "source": "test",
            "value": high * (0.2 + 0.75 * (month + behind) / 14),
        }
        for country, behind in (("US", 0), ("CN", -1))
        for month in range(1, 15)
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.parametrize(("name", "version"), sorted(KINDS.values()))
def test_4_no_draw_leaves_the_bounds(empty: Workspace, name: str, version: str) -> None:
    spec = empty.data.index_spec(name, version)
    high = spec.high or 1000.0
    empty.store.append(near_the_top(name, version, high))
    models = ["pooled-growth", "linear-trend"]
    forecast = empty.forecast(index=name, version=version, models=models, draws=200)
    tops = forecast.frontier["q95"].to_numpy()
    assert np.isfinite(tops).all()
    assert forecast.history.ceiling == (np.inf if spec.high is None else spec.high)
    if spec.high is not None:
        assert tops.max() <= spec.high
    if spec.low is not None:
        assert forecast.frontier["q05"].to_numpy().min() >= spec.low


@pytest.mark.parametrize("model", sorted(MODELS))
def test_4_no_model_leaves_the_bounds_of_a_version_that_nobody_knows(
    empty: Workspace, model: str
) -> None:
    empty.store.append(near_the_top(AA, "99", 100.0))
    try:
        forecast = empty.forecast(models=[model], draws=200, horizon_months=36)
    except TrackerError:
        pytest.skip("cannot be fitted to so few records")
    assert forecast.frontier["q95"].to_numpy().max() <= 100


def test_4_every_version_has_what_the_index_has() -> None:
    for name, version in UNKNOWN:
        spec = index_spec(CATALOGUE, {}, name, version)
        own = {v: index_spec(CATALOGUE, {}, name, v) for n, v in KNOWN if n == name}
        assert (spec.low, spec.high, spec.scale) in {(s.low, s.high, s.scale) for s in own.values()}
        assert all(s.high == spec.high for s in own.values())


def test_4_a_later_version_inherits_what_the_index_is() -> None:
    spec = index_spec(CATALOGUE, {}, AA, "5.0")
    assert (spec.low, spec.high, spec.unit, spec.scale) == (0, 100, "points", "linear")
    assert (spec.true_zero, spec.origin) == (False, "inherited")
    assert index_spec(CATALOGUE, {}, AA, "4.1").high == 100


def test_4_the_workspace_goes_before_the_catalogue_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "indices.toml"
    set_index(path, CATALOGUE, AA, {"high": 120.0})
    set_index(path, CATALOGUE, "Minutes", {"low": 0.0, "scale": "log", "true_zero": True})
    held = read_index_settings(path)
    spec = index_spec(CATALOGUE, held, AA, "4.0")
    assert (spec.low, spec.high, spec.true_zero, spec.origin) == (0, 120, False, "workspace")
    minutes = index_spec(CATALOGUE, held, "Minutes", "1")
    assert (minutes.low, minutes.scale, minutes.true_zero) == (0, "log", True)
    assert minutes.ceiling == np.inf  # no bound of one is guessed from fractions of a minute


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, None),
        ({"low": 5.0, "high": 5.0}, "low"),
        ({"scale": "logit"}, "scale"),
        ({"scale": "cubic"}, "scale"),
        ({"high": float("nan")}, "high"),
        ({"unit": "a\nb"}, "unit"),
    ],
)
def test_4_what_cannot_be_is_refused_by_its_field(
    tmp_path: Path, said: dict[str, object], field: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        set_index(tmp_path / "indices.toml", CATALOGUE, "New", said)
    assert caught.value.field == field
    assert not (tmp_path / "indices.toml").exists()


@pytest.mark.parametrize("text", ["x", "[I]\nhighest = 3", "[I]\nhigh = 'a'", "I = 3"])
def test_4_a_spoilt_file_is_told_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "indices.toml"
    path.write_text(text)
    with pytest.raises(TrackerError, match=r"indices\.toml"):
        read_index_settings(path)


def test_4_no_true_zero_is_said_only_where_that_is_known(demo: Workspace) -> None:
    gap = demo.gap(version="4.0")
    told = {
        zero: definitions_table(gap, zero).filter(definition="ratio")["how"].item()
        for zero in (True, False, None)
    }
    assert "has no true zero" in told[False]
    assert "not known" in told[None]
    assert "refused" not in told[True]
    older = demo.gap(version="2.0")
    row = demo.definitions(older).filter(definition="ratio")
    assert "not known whether" in row["how"].item()
