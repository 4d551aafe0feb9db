"""The ledger of a workspace: written once, read with its checksum, scored as the data go."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib import pyplot

from forecasts.errors import TrackerError, UsageError
from tracker.analysis.issued_forecasts import DamagedLedger, list_table, standing, track_record
from tracker.charts import ledger as chart
from tracker.workspace import Workspace, create_workspace, open_workspace

QUICK = {"draws": 300, "horizon_months": 6}


def log(workspace: Workspace, name: str, country: str, day: date, value: float, **more: str) -> str:
    facts = {"index": "I", "version": "1"} | more
    return workspace.log(
        name, value, lab=f"{country} lab", country=country, released_on=day, observed_on=day,
        source="test", **facts,
    ).observation_id  # fmt: skip


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two blocs with two years of monthly releases, to 2026-01-10; a forecast of that day."""
    workspace = create_workspace(tmp_path_factory.mktemp("ledger") / "w")
    rows = [
        {"model": f"{country}{k}", "lab": f"{country} lab", "country": country, "value": value,
         "released_on": day, "observed_on": day, "index_name": "I", "index_version": "1",
         "source": "test"}
        for k in range(20)
        for country, day, value in (
            ("US", date(2024, 6, 10) + timedelta(days=30 * k), 20 + 1.5 * k),
            ("CN", date(2024, 6, 7) + timedelta(days=30 * k), 15 + 1.6 * k),
        )
    ]  # fmt: skip
    workspace.store.append(pl.DataFrame(rows, schema_overrides={"value": pl.Float64}))
    workspace.issue(note="first", **QUICK)
    return workspace


@pytest.fixture
def copy(grown: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(grown.folder, tmp_path / "w")
    return open_workspace(tmp_path / "w")


def files(workspace: Workspace) -> list[Path]:
    return sorted((workspace.folder / "ledger").glob("*"))


def test_the_same_forecast_is_kept_once(copy: Workspace) -> None:
    held = copy.issued().forecasts[0]
    before = [(f, f.read_bytes()) for f in files(copy)]
    again = copy.issue(note="first", **QUICK)
    assert (again.added, again.file) == (False, None)
    assert again.issued.issued_at == held.issued_at
    assert [(f, f.read_bytes()) for f in files(copy)] == before
    for change in ({"note": "second"}, {"seed": 5}, {"tolerance": 1.0}, {"horizon_months": 7},
                   {"models": ("random-walk-drift",)}):  # fmt: skip
        assert copy.issue(**{"note": "first", **QUICK, **change}).added, change
    assert len(copy.issued().forecasts) == 6
    assert [f for f in files(copy) if f in dict(before)] == [f for f, _ in before]


def test_what_is_seen_later_does_not_make_it_another_forecast(copy: Workspace) -> None:
    day = copy.issued().forecasts[0].terms.as_of
    log(copy, "Later", "US", day + timedelta(days=40), 60.0)
    assert not copy.issue(note="first", as_of=day, **QUICK).added
    other = copy.issue(note="late", as_of=day, **QUICK).issued
    assert other.data_until == day + timedelta(days=40)
    assert other.is_retrospective(day + timedelta(days=40))


def test_a_past_state_can_be_issued_from(copy: Workspace) -> None:
    moment = datetime.now(UTC)
    log(copy, "Later", "US", date(2026, 3, 1), 60.0)
    past = copy.as_recorded_before(moment).issue(**QUICK)
    assert past.issued.terms.recorded_before == moment
    assert past.issued.data_until == date(2026, 3, 1)
    assert past.issued.terms.leader_value < 60
    assert copy.as_recorded_before(moment).issued().forecasts[-1].terms.note == "first"


def test_any_changed_byte_is_noticed_and_named(copy: Workspace) -> None:
    copy.issue(note="second", **QUICK)
    damaged, whole = files(copy)
    content = damaged.read_bytes()
    skipping = open_workspace(copy.folder, skip_damaged=True)
    rng = np.random.default_rng(0)
    for at in [0, len(content) - 1, *rng.integers(0, len(content), 20).tolist()]:
        damaged.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(DamagedLedger, match=damaged.name):
            copy.issued()
        held = skipping.issued()
        assert [d.file for d in held.damaged] == [damaged.name]
        assert [f.terms.note for f in held.forecasts] == ["second"]
    damaged.write_bytes(content[:1000])
    with pytest.raises(DamagedLedger, match=damaged.name):
        copy.score_issued()
    assert skipping.score_issued().damaged[0].file == damaged.name
    damaged.write_bytes(content)
    (whole.parent / "notes.txt").write_text("x")
    with pytest.raises(DamagedLedger, match=r"notes\.txt"):
        copy.issue(**QUICK)


def test_copies_merge_by_copying_files(copy: Workspace, tmp_path: Path) -> None:
    shutil.copytree(copy.folder, tmp_path / "other")
    other = open_workspace(tmp_path / "other")
    mine, theirs = copy.issue(note="both", **QUICK), other.issue(note="both", **QUICK)
    assert mine.issued.forecast_id == theirs.issued.forecast_id
    assert theirs.file is not None
    shutil.copy(theirs.file, copy.folder / "ledger")
    assert len(files(copy)) == 3
    held = copy.issued().forecasts
    assert [f.terms.note for f in held] == ["first", "both"]
    assert held[1].issued_at == mine.issued.issued_at  # the earlier of the two


def test_dates_come_as_the_data_go(copy: Workspace) -> None:
    def state() -> tuple[int, str]:
        found = standing(copy, copy.issued().forecasts[0], copy.store.snapshot().indices)
        assert found.dates == 6
        return found.reached, found.reason

    day = copy.issued().forecasts[0].terms.as_of
    assert state()[0] == 0
    assert copy.score_issued().scores.values.is_empty()
    assert "the next date is" in state()[1]
    log(copy, "Next", "US", copy.issued().forecasts[0].dates[1], 51.0)
    assert state()[0] == 2
    values = copy.score_issued().scores.values
    assert values.filter(target="leader")["observed"].to_list() == [48.5, 51.0]
    # A correction is what is known now; what was issued stays.
    copy.correct(copy.list(text="Next")["observation_id"].item(), value=52.0)
    values = copy.score_issued().scores.values
    assert values.filter(target="leader")["observed"].to_list() == [48.5, 52.0]
    assert copy.issued().forecasts[0].terms.leader_value == 48.5
    # Another version takes the place of this one: its values are of another scale.
    log(copy, "Next", "US", day + timedelta(days=100), 9.0, version="2")
    log(copy, "Other", "CN", day + timedelta(days=100), 8.0, version="2")
    reached, reason = state()
    assert reached == 2
    assert "version 2 has taken its place" in reason
    assert copy.score_issued().scores.values["observed"].equals(values["observed"])
    table = list_table([standing(copy, copy.issued().forecasts[0], copy.store.snapshot().indices)])
    assert table.row(0, named=True)["reached"] == 2


def test_a_ledger_without_its_observations_says_so(copy: Workspace) -> None:
    shutil.rmtree(copy.folder / "observations")
    found = copy.score_issued()
    assert found.scores.values.is_empty()
    assert "no observations" in found.standings[0].reason


def test_a_forecast_is_named_by_the_beginning_of_its_id(copy: Workspace) -> None:
    first = copy.issued().forecasts[0].forecast_id
    copy.issue(note="second", **QUICK)
    log(copy, "Next", "US", copy.issued().forecasts[0].dates[0], 51.0)
    assert copy.score_issued().scores.values["forecast_id"].n_unique() == 2
    assert copy.score_issued([first[:10]]).scores.values["forecast_id"].unique().to_list() == [
        first
    ]
    for wrong in ("zz", ""):
        with pytest.raises(UsageError):
            copy.score_issued([wrong])
    with pytest.raises(UsageError, match="note"):
        copy.issue(note="a\x00b", **QUICK)


def test_the_chart_shows_what_was_said_and_what_came(copy: Workspace, tmp_path: Path) -> None:
    issued = copy.issued().forecasts[0]
    log(copy, "Next", "US", issued.dates[0], 90.0)
    log(copy, "After", "CN", issued.dates[1], 41.0)
    track = track_record(copy)
    fans = chart.table(track)
    assert fans["date"].to_list() == [issued.terms.as_of, *issued.dates]
    values = copy.score_issued().scores.values.filter(target="gap")
    assert fans["observed"].drop_nulls().to_list() == values["observed"].to_list()
    assert fans["in_90"].drop_nulls().to_list() == [False, False]
    assert fans["median"][1:3].to_list() == values["median"].to_list()
    assert track.line["gap_points"][-1] == copy.gap(vintage="final").gap_points
    figure = chart.draw(track, "caption")
    assert "0 of 2 dates" in figure.labels.subtitle
    drawn = figure.draw()
    marks = np.concatenate([c.get_offsets() for c in drawn.axes[0].collections])
    assert set(values["observed"]) <= set(marks[:, 1])
    pyplot.close(drawn)
    copy.issue(note="from a later day", **QUICK)
    copy.issue(note="newer", as_of=issued.terms.as_of, **QUICK)
    assert track_record(copy).fans["forecast_id"].n_unique() == 2
    assert copy.chart("ledger", tmp_path / "c.png").stat().st_size > 5000


def test_no_forecast_no_chart(copy: Workspace, tmp_path: Path) -> None:
    bare = create_workspace(tmp_path / "bare")
    calls = (
        lambda: track_record(bare),
        lambda: track_record(copy, leader="CN", follower="US"),
        lambda: bare.chart("ledger", tmp_path / "x.png"),
    )
    for call in calls:
        with pytest.raises(TrackerError, match="No forecast has been issued"):
            call()


def test_four_panels_at_most_and_their_names_do_not_overlap(copy: Workspace) -> None:
    for k in range(4):
        copy.issue(note=str(k), **QUICK)
    log(copy, "Next", "US", copy.issued().forecasts[0].dates[0], 51.0)
    figure = chart.draw(track_record(copy), "caption").draw()
    figure.canvas.draw()
    strips = [
        t.get_window_extent() for t in figure.findobj(pyplot.Text) if t.get_text()[1:3] == ". "
    ]
    pyplot.close(figure)
    assert len(strips) == 4
    assert not any(a.overlaps(b) for i, a in enumerate(strips) for b in strips[:i])
