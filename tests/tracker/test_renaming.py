"""Re-named models count once, and models that left a board are said to have; the past stays."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import UsageError
from tracker.cli import cli
from tracker.settings import FILE
from tracker.workspace import Workspace, create_workspace, open_workspace

MAY, JUNE, JULY = date(2026, 5, 10), date(2026, 6, 10), date(2026, 7, 10)


def board(workspace: Workspace, folder: Path, day: date, **values: float) -> None:
    """Everything that the board lists on a day; models that begin with C are Chinese."""
    file = folder / f"{day}.csv"
    lines = [
        f"{name.replace('_', ' ')},{'DeepSeek' if name[0] == 'C' else 'OpenAI'},{value},2026-01-05"
        for name, value in values.items()
    ]
    fillers = [f"Filler {i},OpenAI,{i},2026-01-01" for i in range(1, 15)]
    file.write_text("model,lab,value,released_on\n" + "\n".join([*lines, *fillers]) + "\n")
    workspace.import_files(
        "csv", [file], index="I", version="1", observed_on=day, whole=True, yes=True
    )


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    """A preview of 60 that left the board in June, when its final version came with 50."""
    workspace = create_workspace(tmp_path / "own")
    board(workspace, tmp_path, MAY, U_Preview=60, C=30)
    board(workspace, tmp_path, JUNE, U_Final=50, C=30)
    return workspace


def gaps(workspace: Workspace) -> list[float]:
    return [workspace.gap(as_of=day).gap_points for day in (MAY, JUNE, JULY)]


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def test_an_alias_ends_the_record_of_a_preview_from_its_day(own: Workspace) -> None:
    assert gaps(own) == [30, 30, 30]
    moment = datetime.now(UTC)
    done = run(own, "--format", "json", "alias", "U Preview", "U Final", "--from", str(JUNE))
    assert json.loads(done.stdout)["added"] is True
    assert gaps(own) == [30, 20, 20]
    assert own.gap(as_of=JUNE).leader.best["model"] == "U Final"
    assert own.gap(as_of=MAY).leader.best["model"] == "U Preview"
    assert gaps(own.as_recorded_before(moment)) == [30, 30, 30]
    again = run(own, "--format", "json", "alias", "U Preview", "U Final", "--from", str(JUNE))
    assert json.loads(again.stdout)["added"] is False
    assert "counts as 'U Final'" in run(own, "status").stdout
    row = own.history("U Preview").row(0, named=True)
    assert (row["counts_as"], row["counts_from"]) == ("U Final", JUNE)


def test_before_its_day_an_alias_changes_nothing(own: Workspace) -> None:
    own.alias("U Preview", "U Final", JULY)
    assert gaps(own) == [30, 30, 20]


def test_aliases_follow_each_other(own: Workspace) -> None:
    own.alias("U Preview", "U Between", JUNE)
    own.log("U Between", 55, lab="OpenAI", index="I", version="1", observed_on=JUNE,
            released_on=MAY)  # fmt: skip
    assert gaps(own) == [30, 25, 25]
    own.alias("U Between", "U Final", JULY)
    assert gaps(own)[:2] == [30, 25]
    # On one day the value under the name that counts goes before one under an earlier name.
    assert gaps(own)[2] == 20


def test_what_is_no_alias(own: Workspace) -> None:
    with pytest.raises(UsageError, match="There is no model 'Nobody'"):
        own.alias("Nobody", "U Final", JUNE)
    with pytest.raises(UsageError, match="is 'U Final', or counts as it"):
        own.alias("U Final", "u-final", JUNE)
    own.alias("U Preview", "U Final", JUNE)
    with pytest.raises(UsageError, match="counts as it"):
        own.alias("U Final", "U Preview", JULY)


def test_a_model_that_left_its_board_is_no_longer_listed(own: Workspace) -> None:
    gone = own.data.delisted()
    assert gone.select("model", "delisted_on").rows() == [("U Preview", JUNE)]
    assert own.list(text="U Preview")["delisted_on"].to_list() == [JUNE]
    assert own.list(text="U Final")["delisted_on"].to_list() == [None]
    assert "No longer listed from 2026-06-10: U Preview on I 1." in run(own, "status").stdout
    status = json.loads(run(own, "--format", "json", "status").stdout)
    assert [d["model"] for d in status["delisted"]] == ["U Preview"]
    assert "delisted_on" in run(own, "list", "--text", "U Preview").stdout


def test_its_record_stands_unless_the_settings_drop_it(own: Workspace) -> None:
    assert gaps(own) == [30, 30, 30]
    path = own.folder / FILE
    path.write_text(path.read_text().replace('delisted = "keep"', 'delisted = "drop"'))
    assert gaps(open_workspace(own.folder)) == [30, 20, 20]


def test_what_was_never_on_a_board_or_is_back_is_not_gone(own: Workspace, tmp_path: Path) -> None:
    own.log("U Own", 40, lab="OpenAI", index="I", version="1", observed_on=MAY, released_on=MAY)
    board(own, tmp_path, JULY, U_Preview=60, U_Final=50, C=30)
    assert own.data.delisted().is_empty()
