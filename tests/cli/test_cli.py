"""The commands as a person runs them: exit codes, one clear sentence, no traceback."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.workspace import Workspace

RUN = [sys.executable, "-c", "from tracker.cli import main; main()"]


def tracker(
    *args: object, cwd: Path | None = None, **more: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *map(str, args)], cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def fails(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from tracker.cli import run; run(['--help']); run(['--version']);"
        "print([m for m in ('polars', 'numpy', 'statsmodels', 'plotnine') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "args", [["list"], ["status"], ["log", "M", "--value", "5", "--lab", "xAI", "--yes"]]
)
def test_daily_commands_import_neither_statsmodels_nor_plotnine(
    args: list[str], tmp_path: Path
) -> None:
    assert tracker("init", "--demo", tmp_path / "w").returncode == 0
    code = (
        f"import sys; from tracker.cli import run; assert run({args!r} + ['--quiet']) == 0;"
        "print([m for m in ('statsmodels', 'plotnine', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path / "w",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=True,
    )  # fmt: skip
    assert done.stdout.endswith("[]\n")


def test_the_contract_of_gap_and_forecast(demo: Workspace) -> None:
    gap = json.loads(tracker("gap", "--format", "json", "--workspace", demo.folder).stdout)
    assert {
        "as_of", "vintage", "index_name", "index_version", "leader", "follower", "gap_points",
        "lag_months", "match_months", "matches", "history",
    } <= set(gap)  # fmt: skip
    assert gap["match_months"].keys() == {"n", "n_censored", "mean", "median", "min", "max"}
    done = tracker(
        "--format", "json", "forecast", "--draws", 300, "--horizon", 6, "--workspace", demo.folder
    )
    forecast = json.loads(done.stdout)
    assert forecast["closure"].keys() == {
        "probability_within_horizon", "probability_exhausted", "median_date", "q10_date",
        "q90_date", "by_quarter",
    }  # fmt: skip
    assert {"date", "mean", "q05", "q50", "q95"} <= forecast["gap"][0].keys()


def test_a_session(tmp_path: Path) -> None:
    done = tracker("init", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["observations"] == 0
    fails(tracker("gap", cwd=tmp_path), 1, "no observations")
    log = ["log", "M", "--value", "5", "--index", "I", "--index-version", "1", "--format", "json"]
    fails(tracker(*log, cwd=tmp_path), 2, "--lab")
    fails(tracker(*log, "--lab", "Nobody", cwd=tmp_path), 2, "--country")
    done = tracker(*log, "--lab", "Nobody", "--country", "us", cwd=tmp_path)
    body = json.loads(done.stdout)
    assert body["added"] is True
    done = tracker(
        "correct", body["observation_id"], "--value", "6", "--format", "json", cwd=tmp_path
    )
    new = json.loads(done.stdout)["observation_id"]
    assert json.loads(tracker("list", "--format", "json", cwd=tmp_path).stdout)[0]["value"] == 6
    assert tracker("retract", new, "--reason", "no", cwd=tmp_path).returncode == 0
    assert json.loads(tracker("list", "--format", "json", cwd=tmp_path).stdout) == []
    for suffix in ("csv", "json", "parquet"):
        assert tracker("export", f"out.{suffix}", "--all", cwd=tmp_path).returncode == 0
    assert tracker("validate", cwd=tmp_path).returncode == 0
    assert tracker("compact", cwd=tmp_path).returncode == 0


def test_bad_files(tmp_path: Path) -> None:
    tracker("init", cwd=tmp_path)
    cases = {
        "truncated.json": (b'{"meta": {', "not complete JSON"),
        "shape.json": (b"[1, 2]", "another shape"),
        "deep.json": (b"[" * 100_000, "JSON"),
        "empty.json": (b"", "is empty"),
        "random.json": (os.urandom(10_000_000), "not UTF-8"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        fails(tracker("import", "aa", name, cwd=tmp_path), 1, words, name)
    (tmp_path / "noise.csv").write_bytes(os.urandom(100_000))
    fails(tracker("import", "csv", "noise.csv", cwd=tmp_path), 1, "noise.csv")
    (tmp_path / "columns.csv").write_text("name,score\nA,1\n")
    fails(tracker("import", "csv", "columns.csv", cwd=tmp_path), 1, "no column 'model'", "--map")
    fails(tracker("import", "csv", "missing.csv", cwd=tmp_path), 1, "no file")
    fails(tracker("import", "csv", ".", cwd=tmp_path), 1, "folder")
    fails(tracker("import", "nosuch", "x", cwd=tmp_path), 2, "no source")
    assert tracker("list", "--format", "csv", cwd=tmp_path).stdout.count("\n") == 1


def test_wrong_calls(demo: Workspace, tmp_path: Path) -> None:
    where = ("--workspace", demo.folder)
    fails(tracker("gap", cwd=tmp_path), 1, "no workspace")
    fails(tracker("nosuch"), 2, "no command")
    fails(tracker("gap", *where, "--follower", "ZZ"), 1, "ZZ")
    fails(tracker("gap", *where, "--follower", "China"), 2, "not a bloc")
    fails(tracker("gap", *where, "--follower", "US"), 2, "both")
    fails(tracker("gap", *where, "--as-of", "2025-13-01"), 2, "2025-13-01")
    fails(tracker("gap", *where, "--index", "nosuch"), 2, "nosuch")
    fails(tracker("forecast", *where, "--model", "nosuch"), 2, "linear-trend")
    fails(tracker("forecast", *where, "--draws", "1"), 2, "draws")
    fails(tracker("chart", "nosuch", *where, "--out", "x.png"), 2, "frontier")
    fails(tracker("chart", "gap", *where, "--out", tmp_path / "x.gif"), 2, ".svg")
    fails(tracker("log", "M\nN", "--value", "5", "--lab", "xAI", *where), 2, "MODEL")
    fails(tracker("log", "M", "--value", "nan", "--lab", "xAI", *where), 2, "finite")
    done = tracker("gap", *where, "--follower", "ZZ", "--format", "json")
    assert json.loads(done.stderr)["error"].keys() == {"code", "message", "hint"}


def test_a_closed_pipe_is_no_failure(demo: Workspace) -> None:
    line = (
        f"{sys.executable} -c 'from tracker.cli import main; main()' list --workspace {demo.folder}"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{line} | head -1"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    fails(tracker("init", cwd=tmp_path), 1, "Permission denied")


def test_demo(tmp_path: Path) -> None:
    done = tracker("demo", "--format", "json", tmp_path / "d")
    files = json.loads(done.stdout)["files"]
    assert all(Path(f).stat().st_size > 500 for f in files)
    assert sum(f.endswith(".png") for f in files) == 5
    assert files[-1].endswith("report.html")


def test_an_answer_that_cannot_be_written_says_that_the_row_is_recorded(tmp_path: Path) -> None:
    assert tracker("init", "--demo", tmp_path / "w").returncode == 0
    log = "log C{} --lab OpenAI --value 5 --observed 2026-06-10 --workspace " + str(tmp_path / "w")
    for at, where in enumerate((">&-", ">/dev/full")):
        line = (
            f"{sys.executable} -c 'from tracker.cli import main; main()' {log.format(at)} {where}"
        )
        done = subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.returncode == 1
        assert "Unexpected" not in done.stderr
        assert "is recorded" in done.stderr
    rows = tracker("list", "--text", "C", "--format", "csv", "--workspace", tmp_path / "w").stdout
    assert ",C0," in rows
    assert ",C1," in rows
    parquet = f"{sys.executable} -c 'from tracker.cli import main; main()' list --format parquet"
    done = subprocess.run(
        ["bash", "-c", f"{parquet} --workspace {tmp_path / 'w'} >/dev/full"], capture_output=True,
        text=True, check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert "could not be written to standard output" in done.stderr


def test_every_field_of_json_is_in_the_csv(demo: Workspace) -> None:
    where = ("--workspace", demo.folder)
    told = json.loads(tracker("status", "--format", "json", *where).stdout)
    head, row = csv.reader(tracker("status", "--format", "csv", *where).stdout.splitlines())
    assert head == list(told)
    assert json.loads(row[head.index("indices")]) == told["indices"]


def test_a_wrong_option_before_the_format_is_told_in_json(tmp_path: Path) -> None:
    done = tracker("gap", "--nooption", "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stderr)["error"]["code"] == "usage"


@pytest.mark.parametrize("line", ['leader = "ZZZ"', 'leader = "CN"', 'models = ["nope"]'])
def test_a_setting_without_meaning_is_the_fault_of_the_file(tmp_path: Path, line: str) -> None:
    tracker("init", cwd=tmp_path)
    (tmp_path / "tracker.toml").write_text(line)
    fails(tracker("gap", cwd=tmp_path), 1, "tracker.toml")


def test_files_that_are_no_segments_are_to_be_moved(tmp_path: Path) -> None:
    tracker("init", "--demo", cwd=tmp_path)
    (tmp_path / "observations" / "README.txt").write_text("x")
    fails(tracker("gap", cwd=tmp_path), 1, "README.txt", "Move it out")
    fails(tracker("merge", Path(__file__), cwd=tmp_path), 1, "neither a workspace")
    fails(tracker("merge", "/", cwd=tmp_path), 1, "neither a workspace")
