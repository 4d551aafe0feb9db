"""A handful of figures against stored pictures: what no test of layers sees, such as a lost theme.

The tolerance is the root mean square difference of the mean colours of squares of 5 pixels, on the
scale 0 to 255. All of a figure moved by one pixel, more than another patch of matplotlib or of its
font library does without hinting, is 3 to 5 off; their colours exchanged are 10 to 13 off.
Pictures are of one minor version of matplotlib, whose layout may change: with another the test
skips.

Make them anew with `python -m tests.tracker.charts.test_images` in the root of the project, and
look at each before keeping it.
"""

import io
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from forecasts.request import Pair, PeriodRequest
from tests.conftest import june_workspace
from tracker import charts
from tracker.charts.drawing import theme
from tracker.charts.figures import subject_for
from tracker.charts.request import ChartRequest
from tracker.workspace import Workspace

FOLDER = Path(__file__).parent / "baselines"
NAMES = ("frontier", "gap", "matches", "leaderboard", "counts")
TOLERANCE = 6.0
LARGEST = 65_000
BLOCK = 5
# Hinting is what differs most between builds of the font library.
UNHINTED = {"text.hinting": "none", "text.hinting_factor": 1}
VERSION = ".".join(matplotlib.__version__.split(".")[:2])


def picture(workspace: Workspace, name: str, leader: str = "", follower: str = "") -> bytes:
    """The figure as a small PNG that says which matplotlib drew it."""
    from matplotlib import pyplot

    period = PeriodRequest(pair=Pair(leader, follower), quarter="2026Q1")
    made = subject_for(workspace.data, name, ChartRequest(period))
    figure = charts.load(name).draw(made.subject, made.caption)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context(UNHINTED):
        warnings.simplefilter("ignore")
        drawn = figure.draw()
        drawn.savefig(buffer, format="png", dpi=50, metadata={"Software": f"matplotlib {VERSION}"})
    pyplot.close(drawn)
    return buffer.getvalue()


def blocks(data: bytes) -> np.ndarray:
    """Mean colour of squares of BLOCK pixels: the edges of letters count for little."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float)
    rows, columns = (n // BLOCK * BLOCK for n in pixels.shape[:2])
    parts = (rows // BLOCK, BLOCK, columns // BLOCK, BLOCK, 3)
    return pixels[:rows, :columns].reshape(parts).mean(axis=(1, 3))


def distance(one: bytes, two: bytes) -> float:
    """Root mean square difference of colours, 0 to 255; infinite where the sizes differ."""
    a, b = blocks(one), blocks(two)
    return float(np.sqrt(np.mean((a - b) ** 2))) if a.shape == b.shape else float("inf")


@pytest.fixture(autouse=True)
def agg() -> None:
    matplotlib.use("Agg")


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_looks_as_it_did(name: str, demo: Workspace, tmp_path: Path) -> None:
    stored = FOLDER / f"{name}.png"
    wanted = stored.read_bytes()
    assert len(wanted) < LARGEST
    made_by = Image.open(io.BytesIO(wanted)).info.get("Software")
    if made_by != f"matplotlib {VERSION}":
        pytest.skip(f"{stored.name} was drawn by {made_by}, here is matplotlib {VERSION}")
    found = picture(demo, name)
    off = distance(found, wanted)
    if off > TOLERANCE:
        (tmp_path / f"{name}.png").write_bytes(found)
        a, b = blocks(found), blocks(wanted)
        if a.shape == b.shape:
            difference = (255 - np.abs(a - b)).astype(np.uint8)
            Image.fromarray(difference).save(tmp_path / f"{name}-difference.png")
    assert off <= TOLERANCE, f"see {tmp_path}/{name}.png and -difference.png beside it"


def moved(data: bytes) -> bytes:
    """The picture one pixel to the right."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, (1, 0))
    buffer = io.BytesIO()
    canvas.save(buffer, "png")
    return buffer.getvalue()


def test_the_tolerance_tells_a_changed_figure_from_a_moved_one(
    demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = picture(demo, "gap")
    changed = picture(demo, "gap", leader="CN", follower="US")
    assert distance(plain, moved(plain)) < TOLERANCE < distance(plain, changed)
    plain = picture(demo, "frontier")
    exchanged = picture(demo, "frontier", leader="CN", follower="US")
    assert distance(plain, exchanged) < TOLERANCE  # a bloc keeps its colour
    monkeypatch.setitem(theme.FIXED, "US", theme.FOLLOWER)
    monkeypatch.setitem(theme.FIXED, "CN", theme.LEADER)
    changed = picture(demo, "frontier")
    assert distance(plain, moved(plain)) < TOLERANCE < distance(plain, changed)


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    matplotlib.use("Agg")
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as place:
        bundled = june_workspace(Path(place) / "w")
        for chart in NAMES:
            (FOLDER / f"{chart}.png").write_bytes(picture(bundled, chart))
