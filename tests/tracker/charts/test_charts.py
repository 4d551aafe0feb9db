"""What a figure draws is what its table says: the layers as built against `table`, in its order."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.panel import build_panel
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION, price_points
from tracker import charts
from tracker.charts.drawing.text import in_rows, spread
from tracker.charts.subjects import Choice, subject_for
from tracker.cli import run
from tracker.store.schema import identify
from tracker.workspace import Workspace, create_workspace

FAST: dict[str, dict[str, Any]] = {
    "forecast": {"draws": 300, "horizon_months": 12},
    "models": {"draws": 400, "models": ("random-walk-drift", "persistence")},
    "skill": {"draws": 100, "horizon_months": 6},
}


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("priced") / "w", demo=True)
    rows = workspace.observations().with_columns(
        index_name=pl.lit(PRICE_INDEX), index_version=pl.lit(PRICE_VERSION),
        value=0.1 * (1 + pl.int_range(pl.len()) % 50), source=pl.lit("made for the test"),
    )  # fmt: skip
    workspace.store.append(identify(rows))
    workspace.issue(draws=300, horizon_months=6, as_of=date(2026, 3, 1), vintage="final")
    return workspace


@pytest.fixture(scope="module")
def made(priced: Workspace) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in known:
            extra = FAST.get(charts.load(name).NEEDS, {})
            known[name] = subject_for(priced, name, Choice(**extra))
        return known[name]

    return get


def layers(figure: Any) -> list[tuple[str, pd.DataFrame]]:
    """Geom and built data of each layer."""
    built = deepcopy(figure)
    built._build()
    return [(type(layer.geom).__name__, layer.data) for layer in built.layers]


def of(figure: Any, geom: str, at: int = 0) -> pd.DataFrame:
    return [data for name, data in layers(figure) if name == geom][at]


def days(column: pl.Series) -> list[float]:
    return [float((d - date(1970, 1, 1)).days) for d in column]


def same(drawn: Any, told: Any) -> None:
    """Equal numbers in the same order, nulls as nan."""
    one = np.array([np.nan if v is None else v for v in drawn], dtype=float)
    two = np.array([np.nan if v is None else v for v in told], dtype=float)
    np.testing.assert_allclose(one, two, rtol=1e-12)


def drawn_and_told(name: str, made: Callable[[str], Any]) -> tuple[Any, pl.DataFrame]:
    module, subject = charts.load(name), made(name)
    return module.draw(subject.subject, subject.caption), module.table(subject.subject)


def test_frontier(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("frontier", made)
    steps = of(figure, "geom_step")
    same(steps["x"], days(table["date"]))
    same(steps["y"], table["value"])
    labels = pd.concat([data for name, data in layers(figure) if name == "geom_text"][1:])
    named = {label.replace("…", "") for label in labels["label"]}
    assert len(named) > 15
    assert all(any(m.startswith(n) for m in table["model"]) for n in named)


def test_releases(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("releases", made)
    for at, weights in enumerate(("proprietary", "open", "unknown")):
        rows = table.filter(weights=weights)
        if rows.height:
            points = of(figure, "geom_point", at)
            same(points["x"], days(rows["date"]))
            same(points["y"], rows["value"])


def test_gap_and_its_intervals(priced: Workspace) -> None:
    rows = priced.observations().with_columns(stderr=pl.lit(0.5))
    workspace_rows = identify(rows)
    from forecasts.measures.period import measure_quarter

    quarter = measure_quarter(workspace_rows, "2026Q1", leader="US", follower="CN")
    module = charts.load("gap")
    table = module.table(quarter)
    half = 1.6448536269514722 * np.hypot(0.5, 0.5)
    same(table["gap_high"] - table["gap_points"], [half] * table.height)
    assert quarter.gap.gap_interval is not None
    same([table["gap_low"][-1], table["gap_high"][-1]], quarter.gap.gap_interval)
    figure = module.draw(quarter, "")
    lines, bars = of(figure, "geom_line"), of(figure, "geom_linerange")
    points = lines[lines["PANEL"] == 1]
    same(points["x"], days(table["date"]))
    same(points["y"], table["gap_points"])
    same(lines[lines["PANEL"] == 2]["y"], table["lag_months"].drop_nulls())
    same(bars["ymin"], table["gap_low"])
    same(bars["ymax"], table["gap_high"])


def test_matches(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("matches", made)
    same(of(figure, "geom_segment")["xend"], table["months"])
    same(of(figure, "geom_point", 0)["x"], table.filter(~pl.col("censored"))["months"])
    same(of(figure, "geom_point", 1)["x"], table.filter("censored")["months"])


def test_leaderboard(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("leaderboard", made)
    shown = charts.load("leaderboard").shown(table, 24 + table["bloc"].n_unique())  # type: ignore[attr-defined]
    assert shown.height == 24
    assert shown["bloc"].unique(maintain_order=True).to_list() == ["US", "CN", "other"]
    same(of(figure, "geom_point", 1)["x"], shown["value"])
    rose = shown.filter(pl.col("change") > 0)
    same(of(figure, "geom_segment")["x"], rose["before"])
    # The rows that are shown come in the table's order.
    assert table.filter(pl.col("lab").is_in(shown["lab"].to_list()))["lab"].equals(shown["lab"])


def test_weights(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("weights", made)
    steps = of(figure, "geom_step")
    same(steps["y"], table["value"])
    same(steps["x"], days(table["date"]))
    across = table.filter(panel="CN open, US proprietary")["bloc"].unique(maintain_order=True)
    assert across.to_list() == ["CN+open", "US+proprietary"]


def test_counts(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("counts", made)
    whole, labs = of(figure, "geom_text", 0), of(figure, "geom_text", 1)

    def numbers(text: str) -> tuple[int, int]:
        parts = [0 if p == "·" else int(p) for p in text.split(" / ")]
        return parts[0], parts[1] if len(parts) > 1 else 0

    for drawn, rows in ((whole, table.filter(pl.col("lab").is_null())),
                        (labs, table.filter(pl.col("lab").is_not_null()))):  # fmt: skip
        assert [numbers(t) for t in drawn["label"]] == rows.select("models", "records").rows()
    for bloc in ("US", "CN"):
        rows = table.filter(bloc=bloc)
        total = rows.filter(pl.col("lab").is_null())
        inside = (
            rows.filter(pl.col("lab").is_not_null())
            .group_by("quarter")
            .agg(pl.col("models", "records").sum())
        )
        both = total.join(inside, on="quarter", suffix="_labs")
        assert (both["models_labs"] <= both["models"]).all()
        assert (both["records_labs"] <= both["records"]).all()


def test_holders(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("holders", made)
    same(of(figure, "geom_segment")["xend"], table["models"])


def test_events(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("events", made)
    steps, marks = of(figure, "geom_step"), table.filter(panel="events")
    for number, panel in ((1, "frontier"), (2, "gap")):
        rows, drawn = table.filter(panel=panel), steps[steps["PANEL"] == number]
        same(drawn["x"], days(rows["date"]))
        same(drawn["y"], rows["value"])
    lines = of(figure, "geom_vline")
    same(lines[lines["PANEL"] == 1]["xintercept"], days(marks["date"]))
    shown: list[int] = []
    for label in of(figure, "geom_label")["label"]:  # neighbours are one label: 5-10
        first, _, last = label.partition("-")
        shown += range(int(first), int(last or first) + 1)
    assert shown == marks["number"].to_list()


def test_forecast_fans(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("forecast-frontier", made)
    past, fan = table.filter(kind="past"), table.filter(kind="forecast")
    same(of(figure, "geom_step")["y"], past["value"])
    for bloc, colour in (("US", "#0072B2"), ("CN", "#D55E00")):
        rows = fan.filter(bloc=bloc)
        for at, (low, high) in enumerate((("q05", "q95"), ("q10", "q90"), ("q25", "q75"))):
            band = of(figure, "geom_ribbon", at)
            same(band[band["fill"] == colour]["ymin"], rows[low])
            same(band[band["fill"] == colour]["ymax"], rows[high])
        line = of(figure, "geom_line")
        same(line[line["color"] == colour]["y"], rows["q50"])
        same(line[line["color"] == colour]["x"], days(rows["date"]))
    figure, table = drawn_and_told("forecast-gap", made)
    past, fan = table.filter(kind="past"), table.filter(kind="forecast")
    same(of(figure, "geom_line", 0)["y"], past["gap_points"])
    same(of(figure, "geom_line", 1)["y"], fan["q50"])
    same(of(figure, "geom_ribbon", 0)["ymax"], fan["q95"])
    forecast = made("forecast-gap").subject
    assert fan[1:].select(forecast.gap.columns).equals(forecast.gap)


def test_closure(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("closure", made)
    same(of(figure, "geom_col")["y"], table["probability_closed"])
    same(of(figure, "geom_point")["y"], table["probability_ahead"])


def test_models_side_by_side(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("forecast-models", made)
    for at, (low, high) in enumerate((("gap_q05", "gap_q95"), ("gap_q10", "gap_q90"))):
        same(of(figure, "geom_segment", at)["x"], table[low])
        same(of(figure, "geom_segment", at)["xend"], table[high])
    same(of(figure, "geom_point", 0)["x"], table["gap_q50"])
    same(of(figure, "geom_point", 1)["x"], 100 * table["probability_closed"])
    assert table["gap_q50"].is_sorted()
    forecast = made("forecast-models").subject
    assert set(table["model"]) == set(forecast.models)


def test_skill(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("skill", made)
    texts = of(figure, "geom_text")
    by_panel = [texts[texts["PANEL"] == p]["label"].tolist() for p in (1, 2, 3)]
    skill = [0.0 if t == "0" else float(t.split("\n")[0]) for t in by_panel[0]]
    np.testing.assert_allclose(skill, table["skill"].to_numpy(), atol=0.0051)
    for panel, column in ((1, "coverage_80"), (2, "coverage_90")):
        shares = [int(t[:-1]) / 100 for t in by_panel[panel]]
        np.testing.assert_allclose(shares, table[column].to_numpy(), atol=0.0051)


def test_price(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("price", made)
    points = of(figure, "geom_point")
    np.testing.assert_allclose(10 ** points["x"], table["price"].to_numpy(), rtol=1e-9)
    same(points["y"], table["value"])
    front = table.filter("front")
    same(of(figure, "geom_step")["y"][: front.height], front["value"])
    # The front by its definition, model by model.
    rows = table.rows(named=True)
    for a in rows:
        beaten = any(
            b["price"] <= a["price"] and b["value"] >= a["value"] and b["model"] != a["model"]
            for b in rows
        )
        assert a["front"] != beaten


@pytest.mark.parametrize("name", charts.CHARTS)
def test_every_format_and_the_same_bytes(
    name: str, made: Callable[[str], Any], priced: Workspace, tmp_path: Path
) -> None:
    formats = ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"))
    for suffix, magic in formats if name == "frontier" else formats[1:2]:
        priced.chart(name, tmp_path / f"c{suffix}", made(name))
        assert (tmp_path / f"c{suffix}").read_bytes().startswith(magic)
    once = (tmp_path / "c.svg").read_bytes()
    priced.chart(name, tmp_path / "c.svg", made(name))
    assert (tmp_path / "c.svg").read_bytes() == once


def test_ledger(made: Callable[[str], Any]) -> None:
    figure, table = drawn_and_told("ledger", made)
    same(of(figure, "geom_ribbon", 0)["ymin"], table["low_90"])
    same(of(figure, "geom_ribbon", 1)["ymax"], table["high_80"])
    same(of(figure, "geom_line")["y"], table["median"])
    came = table.filter(pl.col("observed").is_not_null())
    assert came.height == 3
    points = [data for name, data in layers(figure) if name == "geom_point"]
    same(sorted(v for p in points for v in p["y"]), sorted(came["observed"]))


def test_versions_are_never_joined(priced: Workspace) -> None:
    for name in ("frontier", "gap"):
        subject = subject_for(priced, name, Choice(all_versions=True))
        module = charts.load(name)
        table = module.table(subject.subject)
        seen = priced.store.current().filter(index_name="Artificial Analysis Intelligence Index")
        for version, rows in table.group_by("index_version"):
            dates = seen.filter(index_version=version[0])["observed_on"]
            assert rows["date"].min() >= dates.min()  # type: ignore[operator]
            assert rows["date"].max() <= dates.max()  # type: ignore[operator]
        assert table["index_version"].n_unique() >= 5
        figure = module.draw(subject.subject, "")
        line = of(figure, "geom_step" if name == "frontier" else "geom_line")
        pairs = 2 * table.select("bloc", "index_version").n_unique() if name == "gap" else (
            table.select("bloc", "index_version").n_unique())  # fmt: skip
        assert line.groupby(["PANEL", "group"]).ngroups == pairs
        words = pd.concat([d for n, d in layers(figure) if n == "geom_text"])["label"].tolist()
        assert "v. quality-2025Q1" in words


def test_prices_are_no_scores(priced: Workspace, demo: Workspace) -> None:
    assert priced.gap().index_name == demo.gap().index_name
    unset = Workspace(priced.folder, type(priced.settings)(), priced.store)
    assert unset.gap().index_name != PRICE_INDEX
    members = build_panel(priced.store.current(), priced.ceilings(), date(2026, 6, 10))
    assert PRICE_INDEX not in {m.index_name for m in members}
    np.testing.assert_array_equal(
        priced.pool(date(2026, 6, 10), "final"), demo.pool(date(2026, 6, 10), "final")
    )
    result = priced.backtest(
        panel=True, every="quarter", horizons=(6,), models=("persistence",), draws=100,
        first=date(2025, 10, 1),
    )  # fmt: skip
    assert PRICE_INDEX not in result.folds["index_name"]


def test_missing_prices_say_how_to_import_them(demo: Workspace, tmp_path: Path) -> None:
    with pytest.raises(TrackerError, match="no prices") as caught:
        demo.chart("price", tmp_path / "p.png")
    assert "tracker import aa FILE --prices" in caught.value.hint
    empty = price_points(demo.quarter().frontiers, pl.DataFrame(
        schema={"model_key": pl.String, "price": pl.Float64, "priced_on": pl.Date}),
        date(2020, 1, 1), date(2026, 1, 1))  # fmt: skip
    assert empty.is_empty()


def chart(workspace: Workspace, *words: str) -> int:
    return run(["--workspace", str(workspace.folder), "chart", *words])


def test_the_command_prints_the_table(demo: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert chart(demo, "gap", "--quarter", "2026Q1", "--format", "csv") == 0
    subject = subject_for(demo, "gap", Choice(quarter="2026Q1")).subject
    assert capsys.readouterr().out == charts.load("gap").table(subject).write_csv()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("gap", "--quarter", "2026Q1", "--to", "2026-01-01"), "together"),
        (("gap", "--from", "2026-02-01", "--to", "2026-01-01"), "after its end"),
        (("gap", "--width", "3"), "3 inches wide"),
        (("gap", "--height", "99"), "99 inches high"),
        (("counts", "--all-versions"), "one version"),
        (("matches", "--bloc", "US", "--bloc", "CN", "--bloc", "FR"), "two blocs"),
        (("frontier", "--bloc", "US"), "one, US"),
    ],
)
def test_wrong_calls(
    words: tuple[str, ...], told: str, demo: Workspace, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert chart(demo, *words, "--out", str(tmp_path / "c.png")) == 2
    assert told in capsys.readouterr().err


def test_a_period_limits_what_is_shown(demo: Workspace) -> None:
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    subject = subject_for(demo, "frontier", Choice(first=first, last=last))
    table = charts.load("frontier").table(subject.subject)
    assert table["date"].min() == first
    assert table["date"].max() == last
    held = demo.gap(as_of=last, vintage="final")
    ends = table.group_by("bloc", maintain_order=True).last()["value"].to_list()
    assert ends == [held.leader.values[-1], held.follower.values[-1]]


def test_progress_and_staleness_are_noted(demo: Workspace) -> None:
    now = subject_for(demo, "closure", Choice(quarter="2026Q2", **FAST["forecast"]))
    assert "2026Q2 is incomplete: figures go to 2026-06-10" in now.caption
    late = subject_for(demo, "frontier", Choice(first=date(2026, 1, 1), last=date(2026, 12, 31)))
    assert "Stale: the newest observation is of 2026-06-10" in late.caption
    with pytest.raises(UsageError):
        subject_for(demo, "no such chart")


def test_labels_are_spread_as_little_as_need_be() -> None:
    placed = spread([5.0, 5.0, 5.1, 20.0], 2.0, 0.0, 30.0)
    assert np.diff(np.sort(placed)).min() >= 2.0 - 1e-9
    assert placed[3] == 20.0
    assert placed[:3].mean() == pytest.approx(np.mean([5.0, 5.0, 5.1]))
    assert spread([1.0, 1.0], 5.0, 0.0, 2.0).tolist() == [0.0, 2.0]
    assert in_rows([0, 1, 3], [2, 4, 5]) == [0, 1, 0]


def test_the_day_after_a_quarter_is_another(demo: Workspace) -> None:
    done = demo.quarter(first=date(2026, 1, 1), last=date(2026, 3, 31))
    named = demo.quarter("2026Q1")
    assert done.gap.gap_points == named.gap.gap_points
    assert done.before is not None
    assert named.before is not None
    assert done.before.as_of == named.start - timedelta(days=1)
