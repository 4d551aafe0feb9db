"""Charts show the numbers of their tables, and hold up with odd subjects."""

from datetime import date
from pathlib import Path

import pytest

from forecasts.gap import measure_gap
from tracker import charts
from tracker.charts import frontier as frontier_chart
from tracker.charts.save import save
from tracker.ledger import track_record
from tracker.workspace import Workspace, create_workspace


@pytest.fixture(scope="module")
def subjects(demo: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    issuing = create_workspace(tmp_path_factory.mktemp("charts") / "w", demo=True)
    issuing.issue(draws=300, horizon_months=6, as_of=date(2026, 3, 1), vintage="final")
    return {
        "ledger": track_record(issuing),
        "gap": demo.gap(),
        "forecast": demo.forecast(draws=300, horizon_months=12),
        "quarter": demo.quarter(),
    }


@pytest.mark.parametrize("name", charts.CHARTS)
def test_every_chart_is_drawn_from_its_table(
    name: str, subjects: dict[str, object], tmp_path: Path
) -> None:
    module = charts.load(name)
    subject = subjects[module.NEEDS]
    figure = module.draw(subject, "caption")
    assert module.table(subject).height > 0
    for suffix, magic in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = tmp_path / f"c{suffix}"
        save(figure, path)
        assert path.read_bytes().startswith(magic)
    once = (tmp_path / "c.svg").read_bytes()
    save(module.draw(subject, "caption"), tmp_path / "c.svg")
    assert (tmp_path / "c.svg").read_bytes() == once


def test_forecast_fan_is_the_forecast(subjects: dict[str, object]) -> None:
    forecast = subjects["forecast"]
    assert charts.load("forecast-gap").table(forecast)[1:].equals(forecast.gap)  # type: ignore[attr-defined]


def test_labels_of_the_frontier_do_not_overlap(subjects: dict[str, object]) -> None:
    from matplotlib import pyplot

    figure = frontier_chart.draw(subjects["gap"], "caption").draw()  # type: ignore[arg-type]
    axes = figure.axes[0]
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in axes.texts if t.get_text()]
    names = [t.get_text() for t in axes.texts if t.get_text()]
    pyplot.close(figure)
    assert len(boxes) > 15
    clashes = [
        (names[i], names[j])
        for i in range(len(boxes))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]
    assert clashes == []


@pytest.mark.parametrize("name", ["frontier", "gap"])
def test_small_and_odd_subjects(name: str, tmp_path: Path) -> None:
    from datetime import date

    import polars as pl

    from tracker.store.schema import identify

    rows = identify(
        pl.DataFrame(
            [
                {
                    "model": f"{c} " + "x" * 115, "lab": "L", "country": c, "index_name": "I",
                    "released_on": date(2025, 1, 1), "observed_on": date(2025, 2, 1),
                    "index_version": "1", "value": v, "source": "s",
                }
                for c, v in (("US", 5.0), ("CN", 7.0))
            ]
        )
    )  # fmt: skip
    gap = measure_gap(rows, leader="US", follower="CN", as_of=date(2025, 2, 1))
    save(charts.load(name).draw(gap, "caption"), tmp_path / "c.png")
    assert (tmp_path / "c.png").stat().st_size > 1000
