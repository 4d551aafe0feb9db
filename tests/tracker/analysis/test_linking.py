"""Links of a workspace: from the command and the door, on made and on the shared real versions."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from tests.conftest import june_workspace
from tracker.cli import run
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

DAY = date(2026, 6, 20)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demo, and four fifths of its 4.0 values as version 4.1; the best five on 4.0 alone."""
    workspace = june_workspace(tmp_path_factory.mktemp("both") / "w")
    rows = workspace.observations(version="4.0").sort("value", descending=True)[5:]
    noise = np.random.default_rng(0).normal(0, 1, rows.height)
    moved = rows.with_columns(
        value=0.8 * pl.col("value") + pl.Series(noise),
        index_version=pl.lit("4.1"),
        observed_on=DAY,
        estimated=pl.int_range(pl.len()) % 3 > 0,
    )
    workspace.store.append(moved)
    return workspace


def test_a_link_moves_what_the_later_version_lacks(both: Workspace) -> None:
    found = both.link("4.0", "4.1")
    assert found.link.n_measured + found.link.n_estimated == found.link.n_common
    assert found.link.n_measured > 100
    assert found.moved.height == 5
    expected = 0.8 * found.moved["from_value"].to_numpy()
    errors = np.abs(found.moved["value"].to_numpy() - expected)
    assert (errors < 3 * found.moved["stderr"].to_numpy()).all()
    assert found.link.rmse == pytest.approx(1.0, abs=0.15)
    # What the publisher estimated is as good here; it is told apart, not learnt from.
    assert found.link.publisher_rmse == pytest.approx(1.0, abs=0.2)
    assert both.link("4.0", "4.1", method="linear").link.method == "linear"


def test_links_are_dated(both: Workspace) -> None:
    with pytest.raises(UsageError, match=r"no observation of version '4\.1' .* by 2026-06-19"):
        both.link("4.0", "4.1", as_of=date(2026, 6, 19))
    assert both.link("4.0", "4.1", as_of=DAY).link.dated == DAY


def test_what_cannot_be_linked_is_said(both: Workspace) -> None:
    with pytest.raises(TrackerError, match="0 models are measured on both") as caught:
        both.link("quality-2024Q1", "4.0")
    assert caught.value.code == "unlinked"
    with pytest.raises(UsageError, match="Both versions are"):
        both.link("4.0", "4.0")
    with pytest.raises(UsageError, match="no observation of version '9'"):
        both.link("4.0", "9")
    with pytest.raises(UsageError, match="needs component scores"):
        both.link("4.0", "4.1", method="components")


def test_versions_reach_the_newest_by_the_path_of_least_error(both: Workspace) -> None:
    said: list[str] = []
    found = both.links(progress=said.append)
    assert found.target == "4.1"
    assert "4.0" in found.paths()
    assert found.paths()["2.2"].links[-1].source == "4.0"
    assert found.unreachable() == ["quality-2024Q1"]
    assert len(said) == len(found.graph.links)
    early = both.links(as_of=date(2026, 6, 10))
    assert early.target == "4.0"
    assert all(link.dated <= date(2026, 6, 10) for link in early.graph.links)


def test_the_command_gives_what_the_contract_says(
    both: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--workspace", str(both.folder), "--format", "json", "link"]
    assert run([*call, "--from", "4.0", "--to", "4.1"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert {"from", "to", "n_common", "method", "rmse", "spearman", "points"} <= body.keys()
    assert (body["from"], body["to"], body["n_moved"]) == ("4.0", "4.1", 5)
    assert set(body["points"][0]) == {"from", "to", "stderr"}
    assert run([*call, "--list"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["unlinked"] == ["quality-2024Q1"]
    assert body["paths"][0]["by"] == ["4.0", "4.1"]
    for wrong in (["--from", "4.0"], [], ["--list", "--to", "4.1"]):
        assert run([*call[:2], "link", *wrong]) == 2
        assert "takes --from and --to, or --list" in capsys.readouterr().err
    assert run([*call[:2], "link", "--from", "4.0", "--to", "4.1"]) == 0
    told = capsys.readouterr().out
    assert "more are estimated" in told
    assert "Moves 5 models that 4.1 does not have" in told
    assert run([*call[:2], "link", "--list"]) == 0
    assert "quality-2024Q1 is linked to nothing" in capsys.readouterr().out


def test_the_real_rebasing_is_linked_through_its_components(
    empty: Workspace, last_of_4_0: SourceFile, first_of_4_1: SourceFile
) -> None:
    workspace = empty
    first = workspace.import_files("aa", [last_of_4_0], components=True)
    assert not [note for note in first.notes if "linked" in note]
    second = workspace.import_files("aa", [first_of_4_1], components=True)
    assert (
        "Artificial Analysis Intelligence Index 4.0 is linked to 4.1: 43 models measured on both "
        "(458 more are estimates), error 1.8 points, 1.3 at the top; nothing to do."
    ) in second.notes
    link = workspace.link("4.0", "4.1").link
    assert (link.n_measured, link.n_estimated, link.method) == (43, 458, "components")
    # As of the study of the pair in `docs/linking.md`.
    assert link.rmse == pytest.approx(1.79, abs=0.02)
    assert link.rmse_top == pytest.approx(1.30, abs=0.02)
    assert link.rmse < 0.6 * link.trials["linear"].rmse
