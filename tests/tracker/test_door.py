"""The Python door gives what the commands give, and takes what the requests hold."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest

import tracker
from forecasts.errors import TrackerError
from forecasts.request import (
    BacktestRequest,
    ClosureRule,
    ForecastRequest,
    Pair,
    PeriodRequest,
    Scope,
)
from tracker.charts.request import ChartRequest
from tracker.queries.listing import Filters
from tracker.recording.importing import ImportRequest
from tracker.recording.log import Release
from tracker.recording.pull import PullRequest
from tracker.report import ReportRequest, build_report
from tracker.store.schema import STATED
from tracker.workspace import Correction, Workspace, create_workspace

ROOT = Path(__file__).parents[2]
LEFT_OUT = object()  # no default: it has to be given

# Method -> the requests that it takes, and what it takes beside them.
METHODS: dict[str, tuple[tuple[type, ...], set[str]]] = {
    "list": ((Filters,), set()),
    "log": ((Release,), set()),
    "import_files": ((ImportRequest,), set()),
    "pull": ((PullRequest,), {"progress"}),
    "diff": ((Scope, Pair), {"before", "after", "tolerance"}),
    "records": ((Scope,), {"blocs", "shared"}),
    "gap": ((Scope, Pair), {"tolerance", "by"}),
    "all_indices": ((Pair,), {"as_of", "vintage", "tolerance"}),
    "quarter": ((PeriodRequest,), set()),
    "fit": ((Scope, Pair), {"models"}),
    "forecast": ((ForecastRequest,), {"progress"}),
    "issue": ((ForecastRequest,), {"note", "progress"}),
    "backtest": ((BacktestRequest,), {"jobs", "scheduler", "progress"}),
    "chart": ((ChartRequest,), {"name", "file", "subject", "size", "progress"}),
    "report": ((ReportRequest,), {"progress"}),
}
# A state of the past is a workspace of its own: `as_recorded_before`.
NEVER = {"recorded_before"}
# A report looks from the quarter's end and tells of both definitions on one horizon.
OF_A_REPORT = {"as_of", "definition", "hold_days", "horizon_months", "draws"}
# A backtest looks at each version by itself.
OF_A_BACKTEST = {"no_link"}


def flat(kind: type) -> dict[str, Any]:
    """Fields of a request and of the requests within it, each with its default."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        if is_dataclass(default) and not isinstance(default, type):
            inner = flat(type(default))
            found |= {name: getattr_deep(default, name, inner[name]) for name in inner}
        else:
            found[field.name] = LEFT_OUT if default is MISSING else default
    return found


def getattr_deep(value: Any, name: str, default: Any) -> Any:
    """A field of a request, or of one within it."""
    if hasattr(value, name):
        return getattr(value, name)
    for field in fields(value):
        inner = getattr(value, field.name)
        if is_dataclass(inner) and hasattr(inner, name):
            return getattr(inner, name)
    return default


def same(default: Any) -> Any:
    """An empty mapping and an empty list say what None says: nothing is asked for."""
    return None if isinstance(default, Mapping | tuple) and not default else default


@pytest.mark.parametrize("name", METHODS)
def test_the_signature_is_that_of_the_requests(name: str) -> None:
    requests, own = METHODS[name]
    wanted: dict[str, Any] = {}
    for request in requests:
        wanted |= flat(request)
    of = {"report": OF_A_REPORT, "backtest": OF_A_BACKTEST}
    for left_out in NEVER | of.get(name, set()):
        wanted.pop(left_out, None)
    taken = {
        p.name: LEFT_OUT if p.default is Parameter.empty else p.default
        for p in signature(getattr(Workspace, name)).parameters.values()
        if p.name not in {"self", *own}
    }
    several = signature(getattr(Workspace, name)).parameters.values()
    for parameter in several:
        if parameter.kind is Parameter.VAR_KEYWORD:  # a mapping of a request, by its keys
            taken[parameter.name] = {}
    assert {k: same(v) for k, v in taken.items()} == {k: same(v) for k, v in wanted.items()}


def test_the_door_has_a_method_of_each_request() -> None:
    taken = {request for requests, _ in METHODS.values() for request in requests}
    assert taken == {
        Scope, Pair, ForecastRequest, PeriodRequest, BacktestRequest, ChartRequest, ReportRequest,
        ImportRequest, PullRequest, Release, Filters,
    }  # fmt: skip
    assert set(flat(ClosureRule)) <= set(signature(Workspace.forecast).parameters)


def test_every_column_that_is_stated_can_be_corrected() -> None:
    # How well a release date is known comes with the date.
    assert {*Correction.__annotations__, "released_precision"} == set(STATED)


def test_the_door_agrees_with_the_command(demo: Workspace) -> None:
    gap = tracker.open_workspace(demo.folder).gap(leader="US", follower="CN")
    done = subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", "gap", "--format", "json",
         "--workspace", str(demo.folder)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["gap_points"] == gap.gap_points
    assert document["lag_months"] == gap.lag_months
    assert document["match_months"] == gap.match_months
    assert [row["gap_points"] for row in document["history"]] == gap.history["gap_points"].to_list()


def test_the_report_of_the_door_is_that_of_the_command(demo: Workspace) -> None:
    # A quarter without data is refused in no time, naming what was asked for.
    asked = ForecastRequest(Scope(vintage="final"), Pair("CN", "US"), ClosureRule(1.0), seed=3)
    with pytest.raises(TrackerError, match="no report of 2019Q1 for CN and US") as refused:
        demo.report("2019Q1", leader="CN", follower="US", tolerance=1.0, seed=3)
    with pytest.raises(TrackerError, match=re.escape(refused.value.message)):
        build_report(demo.data, ReportRequest("2019Q1", asked))


def test_a_correction_takes_a_value_away_that_need_not_be_there(empty: Workspace) -> None:
    first = empty.log("M", 5, lab="OpenAI", index="I", version="1", stderr=1.5).observation_id
    second = empty.correct(first, stderr=None, value=6.0)
    row = empty.store.snapshot().find(second)
    assert (row["value"], row["stderr"]) == (6.0, None)


def test_a_workspace_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_workspace(tmp_path / "w")
    below = tmp_path / "w" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert tracker.open_workspace().folder == tmp_path / "w"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackerError, match="no workspace"):
        tracker.open_workspace()
