"""Every chart of the registry: its table is what its layers draw, row by row.

The layers as built are looked at. What they place must stand in one row of the table, and every
number of the table must be placed or written, but for the columns that the chart has `beside`.
Names beside points and at the ends of lines are placed where there is room: no number stands there.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import plotnine as p9
import polars as pl
import pytest
from numpy.typing import NDArray
from plotnine.scales.scale_datetime import scale_datetime
from plotnine.scales.scale_discrete import scale_discrete

from tracker import charts
from tracker.charts.contract import AnyChart, Made
from tracker.charts.drawing.ends import geom_tie
from tracker.charts.figures import subject_for
from tracker.cli import run
from tracker.workspace import Workspace

Floats = NDArray[np.float64]
ROOMY = (20.0, 30.0)  # no row and no name is left out
NAMES = (p9.geom_text, p9.geom_label, p9.geom_blank, geom_tie)
ACROSS, UP = (
    ("x", "xend", "xmin", "xmax", "xintercept"),
    ("y", "yend", "ymin", "ymax", "yintercept"),
)
SHARES = ("probability", "share", "coverage")  # drawn in percent too, as in the report's tables


def numbers_of(table: pl.DataFrame) -> pl.DataFrame:
    """The numbers and the days (since 1970-01-01) of a table, as floats."""
    return table.select(
        (pl.col(n).cast(pl.Int32) if kind == pl.Date else pl.col(n)).cast(pl.Float64)
        for n, kind in table.schema.items()
        if kind == pl.Date or kind.is_numeric()
    )


def near(values: Any, wanted: Any) -> Any:
    return np.abs(values - wanted) <= 1e-9 * np.maximum(1.0, np.abs(wanted))


@dataclass(frozen=True)
class Layer:
    """A built layer: its geom, and what each of its rows places, shape (rows, aesthetics).

    Categories are left out; a row of the axis that has a name is nan.
    """

    geom: Any
    placed: Floats


def layers(figure: Any) -> Iterator[Layer]:
    """The built layers that place numbers."""
    built = deepcopy(figure)
    built._build()
    for layer in built.layers:
        if isinstance(layer.geom, NAMES):
            continue
        columns: list[Floats] = []
        for aesthetics, scale in ((ACROSS, built.scales.x), (UP, built.scales.y)):
            if isinstance(scale, scale_discrete):
                continue
            known = [a for a in aesthetics if a in layer.data]
            if isinstance(layer.geom, p9.geom_tile):  # its edges are no numbers
                known = known[:1]
            for name in known:
                values = np.asarray(layer.data[name], dtype=float)
                columns.append(named(values, scale))
        yield Layer(layer.geom, np.array(columns).reshape(len(columns), -1).T)


def named(values: Floats, scale: Any) -> Floats:
    """Values of an axis in its own unit, nan for a row that the axis has a name for."""
    if isinstance(scale, scale_datetime):
        return values
    plain = np.array(scale.inverse(values), dtype=float)
    if not callable(scale.labels):  # names, not a way to write numbers
        plain[np.isin(plain, np.asarray(scale.breaks, dtype=float))] = np.nan
    return plain


def days_of(subject: Any) -> Floats:
    """Days that the words of a figure name: its own, and that from which it shows the past."""
    named = (getattr(subject, n, None) for n in ("as_of", "shown_from"))
    return np.array([(d - date(1970, 1, 1)).days for d in named if d], dtype=float)


def check_drawn(layer: Layer, table: Floats, subject: Any) -> None:
    """Every row of the layer stands in one row of the table."""
    constant = np.array([0.0, getattr(subject, "tolerance", 0.0)])
    lines = isinstance(layer.geom, p9.geom_hline | p9.geom_vline)
    days = days_of(subject)
    for at, row in enumerate(layer.placed):
        # A bar begins at zero.
        wanted = row[~np.isnan(row) & (row != 0.0)]
        if lines and np.isin(wanted, [*constant, *days]).all():
            continue
        inside = np.ones(len(table), dtype=bool)
        for value in wanted:
            inside &= near(table, value).any(axis=1)
        if inside.any():
            continue
        # The last step of a line is held to the end of what is shown.
        held = isinstance(layer.geom, p9.geom_step) and at > 0
        held = held and layer.placed[at - 1, 1] == row[1]
        held = held and (near(table, row[0]).any() or np.isin(row[0], days))
        assert held, f"{type(layer.geom).__name__} places {row.tolist()}: in no row of the table"


def written(figure: Any) -> tuple[list[tuple[float, int]], set[float]]:
    """Numbers in the texts of a figure, each with its decimals; and those that name a category."""
    built = deepcopy(figure)
    built._build()
    texts = [
        str(text)
        for layer in built.layers
        if isinstance(layer.geom, p9.geom_text | p9.geom_label)
        for text in layer.data["label"]
    ]
    axis = [str(n) for s in built.scales if isinstance(s, scale_discrete) for n in s.limits or ()]
    number = re.compile(r"[-+]?\d+(?:\.(\d+))?")
    return (
        [(float(m[0]), len(m[1] or "")) for t in texts for m in number.finditer(t)],
        {float(m[0]) for t in axis for m in number.finditer(t)},
    )


def is_written(values: Floats, whole: bool, texts: list[tuple[float, int]]) -> bool:
    """Whether each value stands in a text of its own, rounded; of zero nothing need stand there."""
    # Numbers within one have two decimals, or are a share in percent.
    small = np.abs(values).max(initial=0.0) <= 1
    for scale, places in ((1, 2), (100, 0)) if small and not whole else ((1, 0), (1, 1), (1, 2)):
        left = sorted(t for t, decimals in texts if decimals <= places)
        room = 1e-9 if whole else 0.5 * 10.0**-places + 1e-9
        for value in np.sort(scale * values[values != 0]):
            at = int(np.searchsorted(left, value - room))
            if at == len(left) or left[at] > value + room:
                break
            left.pop(at)
        else:
            return True
    return False


def check(chart: AnyChart, made: Made[Any]) -> None:
    """Hold a chart's table against the layers of its figure."""
    table = chart.table(made.subject)
    assert set(chart.beside) <= set(table.columns)
    numbers = numbers_of(table)
    assert numbers.height
    figure = chart.draw(made.subject, made.caption, ROOMY)
    percent = numbers.select(
        pl.col(n).alias(f"{n} %") * 100 for n in numbers.columns if n.startswith(SHARES)
    )
    known = pl.concat([numbers, percent], how="horizontal").to_numpy()
    drawn = list(layers(figure))
    for layer in drawn:
        check_drawn(layer, known, made.subject)
    placed = np.concatenate([layer.placed.ravel() for layer in drawn])
    placed = np.unique(placed[~np.isnan(placed)])
    texts, axis = written(figure)
    for name in numbers.columns:
        if name in chart.beside:
            continue
        values = numbers[name].drop_nulls().to_numpy()
        scales = (1, 100) if name.startswith(SHARES) else (1,)
        stands = any(near(placed[:, None], s * values).any(axis=0).all() for s in scales)
        whole = table.schema[name].is_integer()
        stands = stands or set(values) <= axis or is_written(values, whole, texts)
        assert stands, f"not every {name} of the table is drawn"


@pytest.mark.parametrize("name", charts.CHARTS)
def test_the_table_is_what_the_layers_draw(name: str, made: Callable[[str], Any]) -> None:
    check(charts.load(name), made(name))


def off(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """The table with one column off by a percent of its largest value, by one, or by a day.

    A number that is written is rounded to a hundredth: it is off by one at least.
    """
    kind, column = table.schema[name], pl.col(name)
    if kind == pl.Date:
        return table.with_columns(column.dt.offset_by("1d"))
    percent = 0.01 * pl.max_horizontal(column.abs().max(), pl.lit(1.0))
    return table.with_columns(column + 1 if kind.is_integer() else column + percent)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_column_that_is_a_percent_off_is_seen(name: str, made: Callable[[str], Any]) -> None:
    chart, subject = charts.load(name), made(name)
    table = chart.table(subject.subject)
    numbers = numbers_of(table)
    for column in numbers.columns:
        if column in chart.beside or not numbers.select(pl.col(column) != 0).to_series().any():
            continue

        def wrong(_: Any, column: str = column) -> pl.DataFrame:
            return off(table, column)

        with pytest.raises(AssertionError, match=r"in no row|is drawn"):
            check(replace(chart, table=wrong), subject)


FILE = """
import plotnine as p9
import polars as pl

from tracker.charts.contract import Chart
from tracker.charts.drawing.theme import Sheet, plain
from tracker.charts.subjects import quarter_subject


def table(quarter):
    return quarter.gap.history.select("date", "gap_points")


def draw(quarter, caption, size=None):
    rows = table(quarter).with_columns(pl.col("gap_points") * FACTOR)
    sheet = Sheet("A chart of the test", "", caption, size or (9.0, 5.5))
    return p9.ggplot(plain(rows), p9.aes("date", "gap_points")) + p9.geom_line() + sheet.parts()


CHART = Chart("A chart of the test", quarter_subject, table, draw)
"""


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Adds a chart as anyone would: one file, and one line of the registry."""

    def add(factor: float) -> None:
        (tmp_path / "chart_of_the_test.py").write_text(FILE.replace("FACTOR", str(factor)), "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(charts.CHARTS, "added", "chart_of_the_test")
        monkeypatch.delitem(sys.modules, "chart_of_the_test", raising=False)

    return add


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_a_new_chart_that_draws_a_percent_off_fails(
    factor: float, added: Callable[[float], None], demo: Workspace
) -> None:
    added(factor)
    seen = nullcontext() if factor == 1 else pytest.raises(AssertionError, match="in no row")
    with seen:
        check(charts.load("added"), subject_for(demo.data, "added"))


def test_a_chart_is_one_file_and_one_line(
    added: Callable[[float], None], demo: Workspace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    added(1.0)

    def tracker(*words: str) -> str:
        assert run(["--workspace", str(demo.folder), "--quiet", *words]) == 0
        return capsys.readouterr().out

    assert "added,A chart of the test" in tracker("chart", "--list", "--format", "csv")
    rows = demo.gap(by="quarter", vintage="final").history
    wanted = rows.select("date", "gap_points").write_csv()
    assert tracker("chart", "added", "--format", "csv") == wanted
    tracker("chart", "added", "--out", str(tmp_path / "added.svg"))
    assert "A chart of the test" in (tmp_path / "added.svg").read_text("utf-8")
    tracker("chart", "added", "--out", str(tmp_path / "added.png"))

    kept = {name: charts.CHARTS[name] for name in ("added", "frontier")}
    monkeypatch.setattr(charts, "CHARTS", kept)
    page = tmp_path / "report.html"
    tracker("report", "--quarter", "2026Q2", "--out", str(page))
    text = page.read_text("utf-8")
    # After those that have a place, with its drawing, its words and its table.
    assert re.findall(r'<h2 id="h-([a-z]+)"', text) == ["frontier", "added"]
    assert '<title id="added-title">A chart of the test</title>' in text
    told = f"A chart of the test. {rows.height} rows of numbers. First: date {rows['date'][0]}"
    assert told in text
    assert '<caption id="c-added">' in text
    monkeypatch.undo()
    assert "added" not in charts.CHARTS
    assert run(["--workspace", str(demo.folder), "chart", "added", "--format", "csv"]) == 2
