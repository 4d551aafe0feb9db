"""Shared subjects: a demo workspace, an empty one, and the shared snapshots where they are."""

from pathlib import Path

import pytest
from hypothesis import settings

from tracker.workspace import Workspace, create_workspace

SHARED = Path(__file__).parents[2] / "shared" / "data"

# A busy machine is no defect: properties assert what holds, never how fast.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The bundled data; only read."""
    return create_workspace(tmp_path_factory.mktemp("demo") / "w", demo=True)


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "w")


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
