"""One series through a re-basing: gap, history, forecast and as-of views of a workspace."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.errors import UsageError
from forecasts.request import Scope
from tests.conftest import june_workspace
from tracker.cli import run
from tracker.linked import FOLDER
from tracker.workspace import Workspace, create_workspace

OLD, NEW = date(2026, 6, 10), date(2026, 6, 20)


@pytest.fixture(scope="module")
def rebased(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The board of 4.0, and of 4.1 at four fifths of it; the best of the US was not measured anew.

    Its value of 4.0 is the only one there is, and by far the best.
    """
    workspace = june_workspace(tmp_path_factory.mktemp("rebased") / "w")
    board = workspace.observations(version="4.0")
    best = board.filter(country="US").sort("value")[-1:]
    gone = pl.col("model").str.starts_with(best["model"][0].split(" (")[0])
    kept = board.filter(~gone)
    noise = np.random.default_rng(0).normal(0, 1.5, kept.height)
    new = kept.with_columns(
        value=0.8 * pl.col("value") + pl.Series(noise), index_version=pl.lit("4.1"),
        observed_on=NEW, estimated=pl.lit(False),
    )  # fmt: skip
    workspace.store.append(new)
    return workspace


def test_a_record_that_was_not_measured_anew_still_stands(rebased: Workspace) -> None:
    before = rebased.gap(version="4.0", no_link=True)
    linked, alone = rebased.gap(), rebased.gap(no_link=True)
    assert linked.index_version == alone.index_version == "4.1"
    assert linked.leader.best["model"] == before.leader.best["model"]
    assert alone.leader.best["model"] != before.leader.best["model"]
    use = next(use for use in linked.links if use.source == "4.0")
    assert use.n_moved >= 1
    assert 1 < use.error < 2.5
    assert linked.gap_points == pytest.approx(0.8 * before.gap_points, abs=3 * use.error)
    assert alone.links == ()
    # When the leader reached the follower's level does not hang on what it has reached since.
    assert linked.lag_months == alone.lag_months


def test_a_day_before_the_rebasing_is_told_on_either_scale(rebased: Workspace) -> None:
    then = rebased.gap(as_of=OLD)
    assert then.index_version == "4.0"
    on = rebased.gap(as_of=OLD, version="4.1")
    assert on.gap_points == pytest.approx(0.8 * then.gap_points, abs=3 * on.links[-1].error)
    assert on.as_of == OLD
    assert on.swept_until == OLD  # the board was seen whole then, on the earlier version


def test_versions_that_are_pinned_are_linked_to(rebased: Workspace) -> None:
    pinned = rebased.gap(version="4.0")
    assert {use.target for use in pinned.links} == {"4.0"}
    assert pinned.gap_points == rebased.gap(version="4.0", no_link=True).gap_points


def test_links_are_kept_and_made_anew_where_they_are_damaged(rebased: Workspace) -> None:
    first = rebased.gap()
    files = sorted((rebased.folder / FOLDER).glob("*.json"))
    assert files
    again = rebased.gap()
    assert again.links == first.links
    assert again.leader.records.equals(first.leader.records)
    for damage in (b"", b"{}", b'{"moved": [[1]], "uses": 3}', files[0].read_bytes()[:-40]):
        for file in files:
            file.write_bytes(damage)
        assert rebased.gap().links == first.links
    # Another value of a common model is another question.
    rebased.log(
        "Nova Test 9", 12.0, lab="Amazon", index=first.index_name, version="4.1",
        released_on=OLD, observed_on=NEW,
    )  # fmt: skip
    rebased.gap()
    assert len(list((rebased.folder / FOLDER).glob("*.json"))) > len(files)


def test_every_answer_says_what_was_moved(
    rebased: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--workspace", str(rebased.folder), "--format", "json"]
    for command in (["gap"], ["forecast", "--draws", "200"]):
        assert run([*call, *command]) == 0
        told = capsys.readouterr()
        links = json.loads(told.out)["links"]
        assert set(links[0]) == {"from", "to", "by", "n_moved", "error", "dated"}
        assert "moved to its scale (" in told.err
        assert run([*call, *command, "--no-link"]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["links"] == []
        assert "moved to" not in told.err
    assert run([*call, "gap", "--as-of", "2026-06-10", "--on", "4.1"]) == 0
    assert json.loads(capsys.readouterr().out)["index_version"] == "4.1"


def test_a_forecast_bears_the_error_of_the_link(rebased: Workspace) -> None:
    """Who leads today is known from a moved value: its error is in what comes first."""
    linked = rebased.forecast(draws=1600, horizon_months=3, models=["persistence"])
    alone = rebased.forecast(draws=1600, horizon_months=3, models=["persistence"], no_link=True)
    spread = {
        name: float((f.gap["q95"] - f.gap["q05"])[0]) for name, f in (("l", linked), ("a", alone))
    }
    assert spread["l"] > 1.1 * spread["a"]
    again = rebased.forecast(draws=1600, horizon_months=3, models=["persistence"])
    assert again.gap.equals(linked.gap)


def test_a_workspace_that_cannot_be_written_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = create_workspace(tmp_path / "w", demo=True)

    def full(*_: object, **__: object) -> Callable[..., None]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tracker.linked.write_atomically", full)
    assert workspace.gap().links
    assert not list((workspace.folder / FOLDER).glob("*.json"))


def test_moved_values_keep_the_bounds_of_the_scale(bundle: Workspace) -> None:
    """Early models lie below those that the links were learnt from; the index begins at zero."""
    view = bundle.data.view(Scope(version="4.1", as_of=date(2025, 3, 31)))
    values = view.rows["value"]
    assert values.min() == 0.0  # a straight line would have gone on to -2.65
    drawn = view.link_draws["values"].explode()
    assert drawn.min() >= 0.0
    assert drawn.max() <= 100.0


def test_a_day_after_the_last_sweep_is_said_to_be_unseen(
    bundle: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--workspace", str(bundle.folder), "--format", "json"]
    for command in (["gap"], ["frontier"], ["forecast", "--draws", "200"]):
        assert run([*call, *command, "--as-of", "2026-11-20"]) == 0
        told = capsys.readouterr().err
        assert "was last seen whole on 2026-06-30, 143 days before 2026-11-20" in told
        assert run([*call, *command, "--as-of", "2026-06-30"]) == 0
        assert "seen whole" not in capsys.readouterr().err
    assert run([*call, "gap", "--as-of", "2026-03-31"]) == 0
    assert "3 had never been seen whole" in capsys.readouterr().err


def test_bounds_that_recorded_values_break_are_not_set(bundle: Workspace) -> None:
    from tracker.queries.indices import refuse_values_outside

    name = "Artificial Analysis Intelligence Index"
    with pytest.raises(UsageError, match=r"lie outside these bounds, .* nothing was set"):
        refuse_values_outside(bundle.data, name, {"high": 50.0})
    refuse_values_outside(bundle.data, name, {"low": 0.0, "high": 100.0})
