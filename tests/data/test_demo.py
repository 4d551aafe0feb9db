"""The bundled data as a workspace: what is measured on them, against the shared files alone."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError
from tracker.workspace import Workspace, create_workspace

INDEX = "Artificial Analysis Intelligence Index"
LAST = date(2026, 6, 30)


def best(changes: pl.DataFrame, country: str, day: str, since: str) -> tuple[str, float, str]:
    """Name, value and release of the strongest model of a country on the board of a day."""
    listed = (
        changes.filter(pl.col("observed_on").is_between(pl.lit(since), pl.lit(day)))
        .group_by("id", maintain_order=True)
        .last()
        .filter(
            ~pl.col("release_date").eq_missing(pl.lit("REMOVED")),
            pl.col("value").is_not_null(),
            pl.col("release_date").is_not_null(),
            pl.col("country") == country,
        )
        .with_columns(pl.col("value").cast(pl.Float64))
        .sort("value")
    )
    return listed.select("name", "value", "release_date").row(-1)


def test_the_newest_version_answers_as_of_its_last_day(
    bundle: Workspace, daily_changes: pl.DataFrame
) -> None:
    gap = bundle.gap()
    assert (gap.index_name, gap.index_version, gap.as_of) == (INDEX, "4.1", LAST)
    us, cn = (best(daily_changes, c, "2026-06-30", "2026-06-16") for c in ("us", "cn"))
    assert (gap.leader.best["model"], gap.follower.best["model"]) == (us[0], cn[0])
    # The shared changes have four digits.
    assert gap.gap_points == pytest.approx(us[1] - cn[1], abs=1e-4)
    reached = min(
        date.fromisoformat(day)
        for day, value, country in daily_changes.filter(pl.col("observed_on") >= "2026-06-16")
        .drop_nulls("value")
        .filter(pl.col("release_date").is_not_null())
        .select("release_date", pl.col("value").cast(pl.Float64), "country")
        .iter_rows()
        if country == "us" and value >= cn[1]
    )
    assert gap.lag_months == pytest.approx((LAST - reached).days / 30.4375, abs=1e-9)


@pytest.mark.parametrize("day", ["2026-04-10", "2026-05-10", "2026-05-20", "2026-06-10"])
def test_a_day_of_4_0_is_answered_from_what_was_known_then(
    bundle: Workspace, daily_changes: pl.DataFrame, day: str
) -> None:
    gap = bundle.gap(as_of=date.fromisoformat(day), version="4.0")
    us, cn = (best(daily_changes, c, day, "2026-04-10") for c in ("us", "cn"))
    assert gap.gap_points == pytest.approx(us[1] - cn[1], abs=0.0051)


def test_whole_boards_are_sweeps_and_days_of_changes_are_none(bundle: Workspace) -> None:
    sweeps = bundle.data.sweeps()
    assert not sweeps["inferred"].any()
    board = sweeps.filter(index_name=INDEX)
    assert sorted(board.select("index_version", "observed_on").rows()) == [
        ("4.0", date(2026, 4, 10)), ("4.0", date(2026, 5, 10)), ("4.0", date(2026, 6, 10)),
        ("4.0", date(2026, 6, 15)), ("4.1", date(2026, 6, 16)), ("4.1", LAST),
    ]  # fmt: skip
    epoch = sweeps.filter(index_version="eci")
    assert epoch["observed_on"].unique().to_list() == [date(2026, 8, 11)]
    assert epoch["index_name"].n_unique() == 57


def test_models_that_left_the_board_are_known_to_have(
    bundle: Workspace, daily_changes: pl.DataFrame
) -> None:
    gone = bundle.data.delisted().filter(index_name=INDEX)
    removed = daily_changes.filter(pl.col("release_date") == "REMOVED")
    valued = daily_changes.drop_nulls("value")["id"]
    # Left between two whole boards, and had a value on the first of them.
    boards = ["2026-04-10", "2026-05-10", "2026-06-10", "2026-06-15"]
    expected = set()
    for i, name, day in removed.select("id", "name", "observed_on").iter_rows():
        back = daily_changes.filter(id=i).filter(pl.col("observed_on") > day).height
        had = daily_changes.filter(id=i).drop_nulls("value")["observed_on"].min()
        if not back and i in valued and any(str(had) <= b < day for b in boards):
            expected.add(name)
    assert expected <= set(gone["model"])
    assert set(gone["model"]) <= set(removed["name"])


def test_a_benchmark_is_measured_as_an_index_of_its_own(bundle: Workspace) -> None:
    gap = bundle.gap(index="Epoch ECI GPQA diamond")
    assert (gap.index_version, gap.as_of) == ("eci", date(2026, 8, 11))
    assert 0 <= gap.leader.best["value"] <= 1
    with pytest.raises(TrackerError):
        bundle.gap(index="Epoch Capabilities Index")


def test_the_quarter_is_reported_on_the_bundle(bundle: Workspace) -> None:
    page = bundle.report("2026Q2", models=["linear-trend"])
    assert f"{INDEX} 4.1" in page
    assert "Epoch AI" not in page or "CC BY 4.0" in page


def test_a_logged_value_is_of_the_version_of_its_day(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", demo=True)
    days = {date(2026, 6, 12): "4.0", date(2026, 6, 20): "4.1", date(2026, 7, 20): "4.1"}
    for at, (day, version) in enumerate(days.items()):
        done = workspace.log(f"Quite new {at}", 20.0, lab="OpenAI", observed_on=day)
        assert done.observation["index_version"] == version
