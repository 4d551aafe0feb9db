"""What is known is known up to the last sweep: a logged row says what is known of one model."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forecasts.request import ForecastRequest, Pair, PeriodRequest, Scope
from tracker.analysis.forecasting import forecast_of
from tracker.analysis.measuring import gap_of, period_of
from tracker.charts.drawing.steps import steps
from tracker.settings import FILE
from tracker.store.schema import SCHEMA, identify
from tracker.sweeps import day_of_now, sweeps_of, swept_until
from tracker.text.freshness import age_note
from tracker.workspace import Workspace, create_workspace, open_workspace

BOARD = date(2026, 6, 10)
LATER = date(2026, 9, 1)
MOMENT = datetime(2026, 6, 10, 12, tzinfo=UTC)


def board(extra: int = 0) -> pl.DataFrame:
    """Monthly releases of two blocs, all observed on one day."""
    rows = []
    for country, level, step in (("US", 20.0, 1.2), ("CN", 14.0, 1.3)):
        for month in range(24 + extra):
            rows.append(
                {"model": f"{country} {month}", "lab": country, "country": country,
                 "released_on": date(2024, 6, 1) + timedelta(days=30 * month),
                 "index_name": "I", "index_version": "1", "value": level + step * month,
                 "observed_on": BOARD, "source": "board"}
            )  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture
def swept(tmp_path: Path) -> Workspace:
    workspace = create_workspace(tmp_path / "w")
    workspace.store.append(board())
    return workspace


def numbers(workspace: Workspace) -> tuple[object, ...]:
    """What must not move when a model that sets no record is logged."""
    data = workspace.data
    gap = gap_of(data, Scope(), Pair(), None)
    request = ForecastRequest(models=("pooled-growth", "record-process"), draws=200,
                              horizon_months=6)  # fmt: skip
    forecast = forecast_of(data, request)
    period = period_of(data, PeriodRequest())
    scores = workspace.score_issued().scores
    return (
        gap.as_of, gap.gap_points, gap.lag_months, gap.match_months, gap.history.rows(),
        forecast.as_of, forecast.gap.rows(), forecast.closure.by_quarter.rows(),
        period.label, period.as_of, steps(period).rows(),
        scores.values.rows(), scores.events.rows(),
    )  # fmt: skip


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    country=st.sampled_from(["US", "CN", "FR"]),
    value=st.floats(0, 13),
    days=st.integers(1, 150),
    age=st.integers(0, 400),
    known=st.booleans(),
)
def test_logging_a_model_that_sets_no_record_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory,
    country: str, value: float, days: int, age: int, known: bool,
) -> None:  # fmt: skip
    workspace = create_workspace(tmp_path_factory.mktemp("w") / "w")
    workspace.store.append(board())
    workspace.issue(as_of=BOARD, draws=100, horizon_months=3, models=["persistence"])
    before = numbers(workspace)
    observed = BOARD + timedelta(days=days)
    # A model that is known already is seen again as it was, another is new.
    again = known and country != "FR"
    name = f"{country} 3" if again else "New"
    seen = {"US": 23.6, "CN": 17.9}[country] if again else value
    workspace.log(
        name, seen, lab=country, country=country, observed_on=observed,
        released_on=None if again else observed - timedelta(days=age),
        index="I", version="1",
    )  # fmt: skip
    assert numbers(workspace) == before


def test_a_later_record_moves_the_day_and_says_what_is_not_known(swept: Workspace) -> None:
    swept.log("New", 60, lab="CN", country="CN", observed_on=LATER, released_on=LATER)
    gap = gap_of(swept.data, Scope(), Pair(), None)
    assert (gap.as_of, gap.swept_until) == (LATER, BOARD)
    assert gap.follower.best["model"] == "New"
    drawn = steps(period_of(swept.data, PeriodRequest()))
    late = drawn.filter("unobserved")
    assert late["date"].unique().to_list() == [LATER]
    assert set(late["bloc"]) == {"US", "CN"}
    assert drawn.filter(date=BOARD).height == 2  # where the dotted part begins
    note = age_note(gap.as_of, gap.swept_until, date(2026, 11, 25), 45)
    assert "last seen whole on 2026-06-10, 168 days ago" in note
    assert "only what was logged is known" in note


def test_the_holder_measured_lower_moves_the_day(swept: Workspace) -> None:
    swept.log("US 23", 30, observed_on=LATER)
    gap = gap_of(swept.data, Scope(), Pair(), None)
    assert gap.as_of == LATER
    assert gap.leader.best["model"] == "US 22"


def test_dates_after_the_last_sweep_are_not_scored(swept: Workspace) -> None:
    swept.issue(as_of=BOARD - timedelta(days=60), vintage="final", draws=100, horizon_months=4,
                models=["persistence"])  # fmt: skip
    reached = swept.score_issued().scores.values["date"].unique()
    assert reached.max() <= BOARD  # type: ignore[operator]
    swept.log("New", 60, lab="CN", country="CN", observed_on=LATER, released_on=LATER)
    scored = swept.score_issued()
    assert scored.scores.values["date"].unique().sort().equals(reached.sort())
    assert "last seen whole on 2026-06-10" in scored.standings[0].reason


def test_a_table_is_a_sweep_only_where_it_is_whole(swept: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("model,lab,country,value,released_on\nOther,FR,FR,3,2026-08-30\n")
    given: dict[str, Any] = {"index": "I", "version": "1", "observed_on": LATER,
                             "accept": ["unjudged"]}  # fmt: skip
    swept.import_files("csv", [file], **given)
    assert swept.gap().as_of == BOARD
    swept.import_files("csv", [file], whole=True, **given)
    assert swept.gap().as_of == LATER
    assert swept.gap().swept_until == LATER


def test_a_log_that_is_kept_complete_is_a_sweep_each_day(swept: Workspace) -> None:
    swept.log("Other", 3, lab="FR", country="FR", observed_on=LATER, released_on=LATER)
    assert swept.gap().as_of == BOARD
    file = swept.folder / FILE
    file.write_text(file.read_text().replace("complete_log = false", "complete_log = true"))
    again = open_workspace(swept.folder)
    assert again.gap().as_of == LATER
    assert again.gap().swept_until == LATER


def rows(*given: tuple[str, int, int, int]) -> pl.LazyFrame:
    """model, day of observation, act, day of release, counted from the board's day."""
    frames = [
        identify(
            pl.DataFrame([{
                "model": model, "lab": "L", "country": "US", "index_name": "I",
                "index_version": "1", "value": 1.0, "source": "s",
                "observed_on": BOARD + timedelta(days=day),
                "released_on": BOARD + timedelta(days=released),
            }]),
            MOMENT + timedelta(days=act),
        )
        for model, day, act, released in given
    ]  # fmt: skip
    return pl.concat(frames).lazy()


NO_FACTS = pl.DataFrame(schema={
    "import_id": pl.String, "recorded_at": SCHEMA["recorded_at"], "source": pl.String,
    "files": pl.String, "index_name": pl.String, "index_version": pl.String,
    "observed_on": pl.Date, "whole": pl.Boolean, "observation_id": pl.String,
})  # fmt: skip


@pytest.mark.parametrize(
    ("given_rows", "expected"),
    [
        ([("A", 0, 0, 0), ("B", 0, 0, 0)], [0]),  # one act, all of what is known
        ([("A", 0, 0, 0), ("B", 0, 1, 0)], []),  # two logs of one day
        ([("A", 0, 0, 0)], []),  # one log
        ([(m, 0, 0, 0) for m in "ABCDE"] + [(m, 5, 1, 0) for m in "AB"], [0]),  # two of five
        ([(m, 0, 0, 0) for m in "ABCD"] + [(m, 5, 1, 0) for m in "AB"], [0, 5]),  # half
    ],
)
def test_sweeps_of_a_store_without_records_are_inferred(
    given_rows: list[tuple[str, int, int, int]], expected: list[int]
) -> None:
    found = sweeps_of(rows(*given_rows), NO_FACTS)
    assert found["observed_on"].to_list() == [BOARD + timedelta(days=d) for d in expected]
    assert found["inferred"].all()


def test_what_a_record_speaks_of_is_not_inferred() -> None:
    frame = rows(("A", 0, 0, 0), ("B", 0, 0, 0))
    facts = frame.collect().select(
        import_id=pl.lit("i"), recorded_at="recorded_at", source="source", files=pl.lit("f"),
        index_name="index_name", index_version="index_version", observed_on="observed_on",
        whole=pl.lit(False), observation_id="observation_id",
    )  # fmt: skip
    assert sweeps_of(frame, facts).is_empty()
    whole = sweeps_of(frame, facts.with_columns(whole=pl.lit(True)))
    assert whole["inferred"].to_list() == [False]
    assert swept_until(whole) == {("I", "1"): BOARD}
    assert swept_until(whole, BOARD - timedelta(days=1)) == {}


def test_without_a_sweep_the_day_is_that_of_the_last_record() -> None:
    frame = rows(("A", 0, 0, 0), ("B", 9, 1, 0)).with_columns(
        value=pl.when(pl.col("model") == "A").then(5.0).otherwise(4.0)
    )
    from forecasts.measures.blocs import parse_bloc

    assert day_of_now(frame, None, [parse_bloc("US")]) == BOARD
    assert "never seen whole" in age_note(BOARD, None, LATER, 45)


@pytest.mark.parametrize(
    ("swept_on", "today", "stale", "said"),
    [
        (BOARD, BOARD + timedelta(days=45), 45, ""),
        (BOARD, BOARD + timedelta(days=46), 45, "46 days ago"),
        (BOARD, BOARD + timedelta(days=2), 1, "2 days ago"),
    ],
)
def test_old_data_are_said_to_be_old(swept_on: date, today: date, stale: int, said: str) -> None:
    note = age_note(swept_on, swept_on, today, stale)
    assert said in note
    assert bool(note) == bool(said)


def test_the_last_sweep_is_told_from_few_columns(demo: Workspace, tmp_path: Path) -> None:
    for index, day in swept_until(demo.data.sweeps()).items():
        assert demo.data.last_sweep(index) == day
    # A board, a later log, a file that is no board and one that is taken back.
    own = create_workspace(tmp_path / "w")
    index = {"index": "I", "version": "1"}

    def check() -> None:
        expected = swept_until(own.data.sweeps()).get(("I", "1"))
        assert own.data.last_sweep(("I", "1")) == expected

    check()
    own.log("A", 1.0, lab="OpenAI", observed_on=date(2026, 1, 1), **index)
    check()
    for month, whole in ((2, True), (3, False), (4, True)):
        file = tmp_path / f"{month}.csv"
        file.write_text(f"model,lab,value\nA,OpenAI,{month}\nB,OpenAI,{month}\n")
        day = date(2026, month, 1)
        result = own.import_files(
            "csv", [file], observed_on=day, whole=whole, accept=("unjudged",), yes=True, **index
        )
        check()
    own.retract_all("wrong", import_id=result.import_id)
    check()
    assert own.data.last_sweep(("I", "1")) == date(2026, 2, 1)
