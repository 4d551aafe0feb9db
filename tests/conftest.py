"""Shared subjects: a demo workspace, an empty one, and the shared snapshots where they are."""

import gzip
import ssl
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

from tracker.recording.importing import MAIN_INDEX
from tracker.settings import FILE, Settings, render_settings
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace, create_workspace, open_workspace

sys.path.insert(0, str(Path(__file__).parent))

from publisher import Publisher

SHARED = Path(__file__).parents[2] / "shared" / "data"

# A busy machine is no defect: properties assert what holds, never how fast.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def june_workspace(path: Path) -> Workspace:
    """One board, that of 2026-06-10 on version 4.0, and the published pages of the bundled data.

    What is tested on it is what the program does with a board, whatever is bundled later.
    """
    workspace = create_workspace(path)
    settings = render_settings(Settings(index=MAIN_INDEX))
    (path / FILE).write_text(settings, "utf-8")
    rows = workspace.catalogue.observations()
    on_board = (pl.col("index_version") == "4.0") & (pl.col("observed_on") == date(2026, 6, 10))
    is_page = pl.col("source").is_in(["published", "article"])
    rows = workspace.store.append(rows.filter(on_board | is_page))
    imports = workspace.data.imports
    imports.record(rows.filter(~is_page), "bundled", ["leaderboard"], whole=True)
    imports.record(rows.filter(is_page), "bundled", ["published pages"], whole=False)
    return open_workspace(path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """`june_workspace`; only read."""
    return june_workspace(tmp_path_factory.mktemp("demo") / "w")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The bundled data, all of them; only read."""
    return create_workspace(tmp_path_factory.mktemp("bundle") / "w", demo=True)


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "w")


@pytest.fixture(scope="session")
def certificates() -> ssl.SSLContext:
    """The certificates that a client trusts, read once: that takes longer than a request."""
    import httpx

    return httpx.create_ssl_context(verify=True)


@pytest.fixture
def publisher(certificates: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A web server of this machine."""
    import httpx

    monkeypatch.setattr(httpx, "create_ssl_context", lambda verify: certificates)
    with Publisher() as server:
        yield server


@pytest.fixture(scope="session")
def snapshots() -> dict[str, Path]:
    """The three shared snapshots by date."""
    found = {d: SHARED / f"aa-llms-2026-{d}-10.json" for d in ("04", "05", "06")}
    if not all(p.is_file() for p in found.values()):
        pytest.skip("the shared snapshots are not on this machine (../shared/data)")
    return found


@pytest.fixture(scope="session")
def demo_report(demo: Workspace) -> str:
    """The report of 2026Q2 on the bundled data."""
    from tracker.report import ReportRequest, build_report

    return build_report(demo.data, ReportRequest("2026Q2"))


@pytest.fixture(scope="session")
def last_of_4_0() -> SourceFile:
    """The leaderboard of 2026-06-15, the last day of version 4.0."""
    return _unpacked("2026-06-15")


@pytest.fixture(scope="session")
def first_of_4_1() -> SourceFile:
    """The leaderboard of 2026-06-16, the first day of version 4.1."""
    return _unpacked("2026-06-16")


def _unpacked(day: str) -> SourceFile:
    path = SHARED / f"aa-llms-{day}.json.gz"
    if not path.is_file():
        pytest.skip(f"../shared/data/{path.name} is not on this machine")
    return SourceFile(Path(f"aa-llms-{day}.json"), gzip.decompress(path.read_bytes()))


@pytest.fixture(scope="session")
def daily_changes() -> pl.DataFrame:
    """Every change of a value on the leaderboard from 2026-04-10 to 2026-06-30, as text."""
    path = SHARED / "aa-daily-changes-2026-04-10_2026-06-30.csv.gz"
    if not path.is_file():
        pytest.skip(f"../shared/data/{path.name} is not on this machine")
    return pl.read_csv(gzip.decompress(path.read_bytes()), infer_schema=False)
