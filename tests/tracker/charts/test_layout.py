"""Every chart, with usual and odd data: drawn or refused, nothing clipped or covered."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker import charts
from tracker.charts.subjects import Choice, subject_for
from tracker.store.schema import identify
from tracker.workspace import Workspace, create_workspace

BLOCS = (
    "US", "CN", "FR", "KR", "IL", "CA", "open", "proprietary", "CN+open", "US+open", "US,CA",
    "lab:OpenAI", "lab:Anthropic", "lab:Google", "lab:Alibaba", "lab:DeepSeek", "lab:Mistral",
    "lab:xAI", "lab:Meta", "lab:Amazon",
)  # fmt: skip
FAST = {"draws": 300, "horizon_months": 6, "models": ("random-walk-drift", "persistence")}


def faults(figure: Any) -> list[str]:
    """Texts that cover each other or leave the figure, by their rendered boxes."""
    import warnings
    from copy import deepcopy

    from matplotlib import pyplot
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that the font lacks, as in `save`
        drawn = deepcopy(figure).draw()
        canvas = FigureCanvasAgg(drawn)
        canvas.draw()
        renderer = canvas.get_renderer()
        # Texts that are drawn: those of ticks outside of the limits are not.
        ticks: set[int] = set()
        kept: set[int] = set()
        for axes in drawn.axes:
            for axis in (axes.xaxis, axes.yaxis):
                every = [*axis.majorTicks, *axis.minorTicks]
                ticks |= {id(t) for k in every for t in (k.label1, k.label2)}
                kept |= {id(t) for k in axis._update_ticks() for t in (k.label1, k.label2)}
        texts = [
            t
            for t in drawn.findobj(Text)
            if t.get_visible() and t.get_text().strip() and (id(t) not in ticks or id(t) in kept)
        ]
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    width, height = drawn.bbox.width, drawn.bbox.height
    pyplot.close(drawn)
    found = [
        f"outside: {text!r} {box.extents}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    for i, (one, a) in enumerate(boxes):
        for other, b in boxes[:i]:
            # A pixel of two boxes may meet: they hold the room above and below the letters.
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5:
                found.append(f"covered: {one!r} {other!r}")
    return found


def priced(workspace: Workspace) -> Workspace:
    """With a price for every model, and two issued forecasts where there is history for them."""
    rows = workspace.store.current().unique("model_key", maintain_order=True)
    workspace.store.append(
        identify(
            rows.select(
                "model", "lab", "country", "released_on", "open_weights",
                index_name=pl.lit(PRICE_INDEX), index_version=pl.lit(PRICE_VERSION),
                value=0.05 * (1 + pl.int_range(pl.len()) % 97) ** 1.3,
                observed_on=pl.col("observed_on").max(), source=pl.lit("made for the test"),
            )
        )
    )  # fmt: skip
    newest: date = rows["observed_on"].max()  # type: ignore[assignment]
    for days in (100, 60):
        with suppress(TrackerError):
            workspace.issue(
                draws=300, horizon_months=6, as_of=newest - timedelta(days=days), vintage="final"
            )
    return workspace


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return priced(create_workspace(tmp_path_factory.mktemp("bundled") / "w", demo=True))


@pytest.fixture(scope="module")
def shared(snapshots: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("shared") / "w")
    for file in snapshots.values():
        workspace.import_files("aa", [file], version="4.0")
    return priced(workspace)


def choice_for(name: str, **asked: Any) -> Choice:
    needs = charts.load(name).NEEDS
    keys = {"forecast": FAST, "models": FAST, "skill": {"draws": 100}}.get(needs, {})
    return Choice(**{**keys, **asked})


def drawn(workspace: Workspace, name: str, size: Any = None, **asked: Any) -> Any:
    made = subject_for(workspace, name, choice_for(name, **asked))
    return charts.load(name).draw(made.subject, made.caption, size)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_nothing_is_covered_or_clipped_on_bundled_data(name: str, bundled: Workspace) -> None:
    assert faults(drawn(bundled, name)) == []


@pytest.mark.parametrize("name", charts.CHARTS)
def test_nothing_is_covered_or_clipped_on_the_snapshots(name: str, shared: Workspace) -> None:
    assert faults(drawn(shared, name)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", charts.CHARTS)
@pytest.mark.parametrize("size", [(6.0, 4.0), (14.0, 8.0)])
def test_nothing_is_covered_or_clipped_at_other_sizes(
    name: str, size: tuple[float, float], bundled: Workspace
) -> None:
    figure = drawn(bundled, name, size)
    assert faults(figure) == []
    assert tuple(figure.theme.getp("figure_size")) == size


@pytest.mark.parametrize("name", [n for n in charts.CHARTS if hasattr(charts.load(n), "MANY")])
def test_twenty_blocs(name: str, bundled: Workspace) -> None:
    assert faults(drawn(bundled, name, blocs=BLOCS, first=date(2025, 1, 1))) == []


@pytest.mark.parametrize("name", ["frontier", "gap"])
def test_breaks_between_versions(name: str, bundled: Workspace) -> None:
    assert faults(drawn(bundled, name, all_versions=True)) == []


START = date(2025, 1, 1)
# Dollar signs, underscores and backslashes mean something to the library that draws.
LONG = "Model $x_{1}$ \\frac of a long_name " + "abcdefghij " * 8


def rows_of(facts: list[dict[str, Any]]) -> pl.DataFrame:
    common = {"index_name": "Index", "index_version": "1", "source": "made for the test"}
    return pl.DataFrame(
        [
            {**common, "released_on": START, "observed_on": date(2026, 3, 31), "lab": "Lab", **f}
            for f in facts
        ]
    )


def one_each() -> pl.DataFrame:
    return rows_of(
        [{"model": f"{c} 1", "country": c, "value": v} for c, v in (("US", 5.0), ("CN", 3.0))]
    )


def series(values: Callable[[str, int], float], names: str = "{c} model {i}") -> pl.DataFrame:
    return rows_of(
        [
            {
                "model": names.format(c=c, i=i)[:120], "country": c, "value": values(c, i),
                "lab": f"{c} lab {i % 5}", "released_on": START + timedelta(days=17 * i),
                "open_weights": i % 3 == 0,
            }
            for c in ("US", "CN")
            for i in range(24)
        ]
    )  # fmt: skip


def long_names() -> pl.DataFrame:
    rows = series(lambda c, i: 10.0 + i + (c == "US"))
    number = pl.int_range(pl.len()).cast(pl.String)
    return rows.with_columns(
        model=(number + pl.lit(" ") + pl.lit(LONG)).str.slice(0, 120),
        lab=(pl.col("lab") + " $ " + pl.lit(LONG)).str.slice(0, 100),
    )


def many_models() -> pl.DataFrame:
    n = 5000
    at = pl.int_range(n, eager=True)
    return rows_of([{"model": "x", "country": "US", "value": 0.0}]).drop(
        "model", "country", "value", "lab", "released_on"
    ).join(
        pl.DataFrame(
            {
                "model": "Model " + at.cast(pl.String),
                "country": pl.Series(["US", "CN", "FR", "KR"])[(at % 4).to_list()],
                "lab": "Lab " + (at % 60).cast(pl.String),
                "released_on": [START + timedelta(days=k % 400) for k in range(n)],
                "value": 10 + (at % 400) * 0.1 + (at * 7919 % 101) * 0.2,
                "open_weights": at % 2 == 0,
            }
        ),
        how="cross",
    )  # fmt: skip


ODD: dict[str, Callable[[], pl.DataFrame]] = {
    "one observation per bloc": one_each,
    "names of 120 characters": long_names,
    "5,000 models": many_models,
    "follower ahead": lambda: series(lambda c, i: 10.0 + i + 5 * (c == "CN")),
    "all values equal": lambda: series(lambda c, i: 50.0),
    "one date": lambda: series(lambda c, i: 10.0 + i).with_columns(
        released_on=pl.lit(START), observed_on=pl.lit(START)
    ),
    "large numbers": lambda: series(lambda c, i: 1e6 * (i + 1) * (2 if c == "US" else 1)),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workspace]:
    made: dict[str, Workspace] = {}

    def get(kind: str) -> Workspace:
        if kind not in made:
            made[kind] = create_workspace(tmp_path_factory.mktemp("odd") / "w")
            made[kind].store.append(identify(ODD[kind]()))
            priced(made[kind])
        return made[kind]

    return get


def refusal(name: str, kind: str) -> bool:
    """Where a sentence is a fair answer: no history to forecast or score, nothing in the year."""
    needs = charts.load(name).NEEDS
    few = kind in {"one observation per bloc", "one date"}
    return (
        needs == "skill"
        or (needs in {"forecast", "models"} and few)
        or (needs == "ledger" and (few or kind == "all values equal"))  # nothing was issued
        or (name in {"weights", "holders"} and kind == "one observation per bloc")
    )


def check_odd(name: str, workspace: Workspace, kind: str) -> None:
    asked = {"first": date(2024, 1, 1)} if name == "price" else {}
    if not refusal(name, kind):
        assert faults(drawn(workspace, name, **asked)) == []
        return
    try:
        figure = drawn(workspace, name, **asked)
    except TrackerError as error:
        told = (error.message, error.hint)
    else:
        assert faults(figure) == []
        return
    assert all(told)


@pytest.mark.parametrize("kind", ["one observation per bloc", "names of 120 characters"])
@pytest.mark.parametrize("name", charts.CHARTS)
def test_odd_data_is_drawn_or_refused_in_a_sentence(
    name: str, kind: str, odd: Callable[[str], Workspace]
) -> None:
    check_odd(name, odd(kind), kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(ODD)[2:])
@pytest.mark.parametrize("name", charts.CHARTS)
def test_more_odd_data_is_drawn_or_refused_in_a_sentence(
    name: str, kind: str, odd: Callable[[str], Workspace]
) -> None:
    check_odd(name, odd(kind), kind)
