"""pull against a real server: recorded whole or not at all, traced to bytes, and silent of the key.

What a server may do wrong is in tests/misbehaviour.py; how each failure is told, in
tests/tracker/sources/test_fetching.py.
"""

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import misbehaviour as bad
import pytest
from publisher import Publisher, Reply, document, status

from forecasts.errors import TrackerError, UsageError
from tracker import cli, sources
from tracker.recording import pull as pulling
from tracker.recording.pull import PullResult
from tracker.recording.rebase import ScaleInDoubt
from tracker.sources import fetching
from tracker.store.raw import RawFiles
from tracker.workspace import Workspace, create_workspace, open_workspace

KEY = "sk-never-to-be-seen"
SCORE = "artificial_analysis_intelligence_index"
INDEX = "Artificial Analysis Intelligence Index"
LABS = {"OpenAI": 10, "DeepSeek": 5, "Anthropic": 9, "Alibaba": 4, "Google": 8, "Z AI": 3}


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of the person and the key, both of the test alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AA_API_KEY", KEY)
    return tmp_path / "config" / "gap-tracker" / "config.toml"


def model(name: str, lab: str, value: float, released: str = "2026-06-01") -> dict[str, Any]:
    return {
        "id": name.lower(), "name": name, "slug": name.lower(), "release_date": released,
        "model_creator": {"id": lab, "name": lab, "slug": lab.lower()},
        "evaluations": {SCORE: value},
    }  # fmt: skip


def board(factor: float = 1.0) -> list[dict[str, Any]]:
    """Twelve models of six labs, by two days of release."""
    return [
        model(f"{lab} {day}", lab, (value + 5 * day) * factor + 30, f"2026-0{day}-01")
        for lab, value in LABS.items()
        for day in (1, 2)
    ]


def answer(models: list[dict[str, Any]], version: str = "4.1", **more: Any) -> dict[str, Any]:
    return {"status": 200, "intelligence_index_version": version, "data": models, **more}


def pages(models: list[dict[str, Any]], size: int, *versions: str) -> list[Reply]:
    parts = [models[at : at + size] for at in range(0, len(models), size)]
    return [
        document(answer(
            part, versions[at] if versions else "4.1",
            pagination={"page": at + 1, "page_size": size, "total_pages": len(parts),
                        "has_more": at + 1 < len(parts)},
        ))
        for at, part in enumerate(parts)
    ]  # fmt: skip


def pull(workspace: Workspace, server: Publisher, **more: Any) -> PullResult:
    return workspace.pull("aa", base_url=server.url, **more)


def call(workspace: Workspace, server: Publisher, *args: str) -> int:
    return cli.run(
        ["pull", "aa", "--base-url", server.url, "--workspace", str(workspace.folder), *args]
    )


def digest(folder: Path) -> str:
    """All files below a folder, by name and content."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(str(path.relative_to(folder)).encode())
        found.update(path.read_bytes() if path.is_file() else b"/")
    return found.hexdigest()


def assert_silent(folder: Path, *texts: str) -> None:
    """The key stands nowhere."""
    for path in folder.rglob("*"):
        assert KEY not in path.name
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    assert all(KEY not in text for text in texts)


# What is recorded


def test_an_answer_is_recorded(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board()), etag='"a"'))
    result = pull(empty, publisher)
    assert (result.read, result.added, result.unchanged, result.rejected) == (12, 12, 0, 0)
    rows = empty.list(index=INDEX)
    assert rows["index_version"].unique().to_list() == ["4.1"]
    assert rows["observed_on"].unique().to_list() == [datetime.now(UTC).date()]
    assert {m["model"] for m in result.new_models} == set(rows["model"])
    assert {(r["bloc"], r["model"]) for r in result.new_records} == {
        ("US", "OpenAI 1"), ("US", "OpenAI 2"), ("CN", "DeepSeek 1"), ("CN", "DeepSeek 2"),
    }  # fmt: skip
    assert result.gap_before is None
    assert result.gap_after is not None
    assert result.gap_after["gap_points"] == pytest.approx(5.0)
    status_ = empty.status()
    assert status_["indices"][0]["last_sweep"] == datetime.now(UTC).date()  # type: ignore[index]
    assert status_["indices"][0]["sweep_inferred"] is False  # type: ignore[index]


def test_a_later_answer_says_what_changed(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    later = [*board(), model("DeepSeek 9", "DeepSeek", 47.5), model("Grok 9", "xAI", 40.0)]
    publisher.gives(document(answer(later)))
    result = pull(empty, publisher)
    assert (result.added, result.unchanged) == (2, 12)
    assert [m["model"] for m in result.new_models] == ["DeepSeek 9", "Grok 9"]
    [record] = result.new_records
    assert (record["bloc"], record["model"], record["value"]) == ("CN", "DeepSeek 9", 47.5)
    assert result.gap_before is not None
    assert result.gap_after is not None
    assert result.gap_before["gap_points"] == pytest.approx(5.0)
    assert result.gap_after["gap_points"] == pytest.approx(2.5)
    assert any("New CN frontier: DeepSeek 9" in sentence for sentence in result.effects)


def test_an_observation_is_traced_to_what_was_published(
    empty: Workspace, publisher: Publisher
) -> None:
    publisher.gives(*pages(board(), 5))
    result = pull(empty, publisher)
    assert len(result.raw) == 3
    facts = empty.data.imports.facts()
    identity = empty.list()["observation_id"][0]
    [files] = facts.filter(observation_id=identity)["files"].to_list()
    for name, page in zip(files.split("; "), result.raw, strict=True):
        content = (empty.folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == page["sha256"] == Path(name).stem
        assert json.loads(content)["pagination"]["total_pages"] == 3
    lines = RawFiles(empty.folder / "raw").fetches()
    assert [line.url for line in lines] == [page["url"] for page in result.raw]
    assert all(datetime.fromisoformat(line.fetched_at).tzinfo is not None for line in lines)


def test_pages_are_one_answer(empty: Workspace, tmp_path: Path, publisher: Publisher) -> None:
    publisher.gives(*pages(board(), 5))
    in_pages = pull(empty, publisher)
    other = create_workspace(tmp_path / "other")
    publisher.gives(document(answer(board())))
    whole = pull(other, publisher)
    columns = ["model", "value", "index_version", "observed_on", "released_on"]
    assert (
        empty.list()
        .select(columns)
        .sort("model")
        .equals(other.list().select(columns).sort("model"))
    )
    assert in_pages.read == whole.read == 12
    assert in_pages.notes == whole.notes
    assert empty.status()["indices"][0]["last_sweep"] is not None  # type: ignore[index]


@pytest.mark.parametrize("again", ["304", "the same bytes"])
def test_twice_adds_nothing_and_says_so(
    empty: Workspace, publisher: Publisher, again: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.gives(*pages(board(), 5))
    pull(empty, publisher)
    before = digest(empty.folder)
    publisher.gives(*([status(304)] if again == "304" else pages(board(), 5)))
    if again == "304":
        # Nothing is held under a name of the server's: nothing is asked for on condition.
        assert call(empty, publisher) == 1
        publisher.gives(*pages(board(), 5))
    assert call(empty, publisher) == 0
    told = capsys.readouterr().out
    assert "Added 0 observations" in told
    assert "Nothing new: the bytes are those of the last pull." in told
    assert digest(empty.folder) == before


def test_what_has_not_changed_is_not_sent_again(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board()), etag='"a"'))
    pull(empty, publisher)
    before = digest(empty.folder)
    publisher.gives(status(304))
    result = pull(empty, publisher)
    assert publisher.asked[0][1]["if-none-match"] == '"a"'
    assert (result.added, result.unchanged) == (0, 12)
    assert [page["unchanged"] for page in result.raw] == [True]
    assert digest(empty.folder) == before
    # A file that was lost or changed is fetched again and mended.
    [kept] = (empty.folder / "raw").glob("*.json")
    for harm in (kept.unlink, lambda: kept.write_bytes(b"other")):
        harm()
        publisher.gives(document(answer(board()), etag='"a"'))
        pull(empty, publisher)
        assert "if-none-match" not in publisher.asked[0][1]
        assert digest(empty.folder) == before


def test_the_same_on_a_later_day_is_a_sweep_of_that_day(
    empty: Workspace, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - timedelta(days=1)

    publisher.gives(document(answer(board()), etag='"a"'))
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "datetime", Yesterday)
        pull(empty, publisher)
    publisher.gives(status(304))
    result = pull(empty, publisher)
    assert (result.added, result.new_models, result.new_records) == (12, [], [])
    assert empty.status()["indices"][0]["last_sweep"] == datetime.now(UTC).date()  # type: ignore[index]
    assert len(list((empty.folder / "raw").iterdir())) == 2


def test_a_new_version_goes_on_under_its_name(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    later = [*board(0.7), model("DeepSeek 9", "DeepSeek", 60.0)]
    publisher.gives(document(answer(later, "4.2")))
    result = pull(empty, publisher)
    assert result.added == 13
    assert [r["model"] for r in result.new_records] == ["DeepSeek 9"]
    assert result.gap_before is not None
    assert result.gap_after is not None
    assert (result.gap_before["index_version"], result.gap_after["index_version"]) == ("4.1", "4.2")
    assert "now on version 4.2" in result.effects[0]


def test_another_scale_under_the_same_name_is_refused(
    empty: Workspace, publisher: Publisher
) -> None:
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    before = digest(empty.folder)
    publisher.gives(document(answer(board(0.5))))
    with pytest.raises(ScaleInDoubt):
        pull(empty, publisher)
    assert digest(empty.folder) == before
    result = pull(empty, publisher, version="4.1b", force_version=True)
    assert result.index_version == "4.1b"


def test_rows_in_doubt_are_held_back_and_bad_ones_listed(
    empty: Workspace, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    wrong = model("DeepSeek 8", "DeepSeek", 50.0) | {"release_date": 7}
    later = [*board(), model("OpenAI 9", "OpenAI", 99.0), wrong, model("Grok 9", "xAI", 41.0)]
    publisher.gives(document(answer(later)))
    assert call(empty, publisher, "--format", "json") == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["added"] == 1
    assert told["read"] == 15
    assert (told["held"]["count"], told["rejected"]) == (1, 1)
    assert "OpenAI 9" in captured.err
    assert "release_date" in captured.err
    assert set(empty.list(lab="xAI")["model"]) == {"Grok 9"}


def test_an_answer_of_which_nothing_can_be_used_is_refused(
    empty: Workspace, publisher: Publisher
) -> None:
    before = digest(empty.folder)
    publisher.gives(document(answer([m | {"release_date": 7} for m in board()])))
    with pytest.raises(TrackerError, match="None of the 12 rows"):
        pull(empty, publisher)
    assert digest(empty.folder) == before


def test_a_dry_run_records_nothing(empty: Workspace, publisher: Publisher) -> None:
    before = digest(empty.folder)
    publisher.gives(document(answer(board())))
    result = pull(empty, publisher, dry_run=True)
    assert (result.added, len(result.new_models), result.dry_run) == (12, 12, True)
    assert digest(empty.folder) == before


def test_a_record_can_be_an_alarm(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board())))
    assert call(empty, publisher, "--fail-if-new-record") == 3
    assert call(empty, publisher, "--fail-if-new-record") == 0
    publisher.gives(document(answer([*board(), model("Grok 9", "xAI", 31.0)])))
    assert call(empty, publisher, "--fail-if-new-record") == 0
    publisher.gives(document(answer([*board(), model("Grok 8", "xAI", 55.0)])))
    assert call(empty, publisher, "--fail-if-new-record") == 3
    # What was to be an alarm is recorded all the same.
    assert "Grok 8" in set(empty.list()["model"])


def test_a_copy_takes_over_what_was_fetched(
    empty: Workspace, tmp_path: Path, publisher: Publisher
) -> None:
    other = create_workspace(tmp_path / "other")
    publisher.gives(document(answer(board()), etag='"a"'))
    pull(other, publisher)
    assert empty.merge(other.folder, dry_run=True).fetched == 1
    assert not (empty.folder / "raw").exists()
    assert empty.merge(other.folder).fetched == 1
    publisher.gives(status(304))
    assert pull(empty, publisher).added == 0


# Failures


FAILURES: dict[str, list[Reply]] = {
    "401": [bad.refusing_with_the_key],
    "403": [status(403, b'{"error": "no"}')],
    "429 for an hour": [status(429, retry_after="3600")],
    "500": [status(500)],
    "slow": [bad.drip_body],
    "slow header": [bad.drip_header],
    "truncated": [bad.truncated],
    "no JSON": [document(b'{"data": [')],
    "JSON of another kind": [document({"scores": []})],
    "a gigabyte": [bad.announced(10**9)],
    "a gigabyte unannounced": [bad.endless(10**9)],
    "a bomb": [bad.bomb(150_000_000)],
    "elsewhere": [bad.moved("http://localhost:9/api")],
    "wrong content": [document(answer(board()), "text/html")],
    "a changed version": pages(board(), 8, "4.1", "4.2"),
    "the second page fails": [pages(board(), 8)[0], status(403)],
    "the key": [bad.echoing],
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_changes_nothing_and_the_key_is_nowhere(
    empty: Workspace, publisher: Publisher, case: str, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    before = digest(empty.folder)
    publisher.gives(*FAILURES[case])
    slow = ["--deadline", "0.4"] if case in {"500", "slow", "slow header"} else []
    assert call(empty, publisher, "--format", "json", *slow) == 1
    told = capfd.readouterr()
    assert told.out == ""
    error = json.loads(told.err.splitlines()[-1])["error"]
    assert error["message"].endswith(".")
    publisher.gives(*FAILURES[case])
    with pytest.raises(TrackerError) as caught:
        call(empty, publisher, "--debug", *slow)
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert publisher.asked[0][1]["x-api-key"] == KEY
    debug = capfd.readouterr()
    assert digest(empty.folder) == before
    assert_silent(empty.folder, told.err, debug.out, debug.err, shown, caplog.text)


def test_success_is_silent_of_the_key_as_well(
    empty: Workspace, publisher: Publisher, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    publisher.gives(status(500), document(answer(board()), etag=f'"{KEY}"'))
    assert call(empty, publisher, "-v", "--debug") == 0
    told = capfd.readouterr()
    assert_silent(empty.folder, told.out, told.err, caplog.text)


@pytest.mark.parametrize("step", ["keep", "carry_out", "note"])
def test_a_crash_between_two_steps_is_mended_by_the_next_pull(
    empty: Workspace, tmp_path: Path, publisher: Publisher, step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Crash(BaseException):
        pass

    def crash(*args: Any, **more: Any) -> None:
        raise Crash

    publisher.gives(document(answer(board()), etag='"a"'))
    with monkeypatch.context() as patch:
        patch.setattr(*((pulling, step) if step == "carry_out" else (RawFiles, step)), crash)
        with pytest.raises(Crash):
            pull(empty, publisher)
    assert empty.store.validate().damaged == []
    held = empty.store.rows().height
    assert held == (12 if step == "note" else 0)
    result = pull(empty, publisher)
    assert "if-none-match" not in publisher.asked[-1][1]
    assert result.added == 12 - held
    other = create_workspace(tmp_path / "other")
    pull(other, publisher)
    assert set(empty.list()["observation_id"]) == set(other.list()["observation_id"])
    assert empty.data.imports.facts()["files"].equals(other.data.imports.facts()["files"])
    names = [sorted(p.name for p in (w.folder / "raw").iterdir()) for w in (empty, other)]
    assert names[0] == names[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_recording_waits_until_it_is_done(
    empty: Workspace, publisher: Publisher, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        pass

    def stop(signum: int, frame: Any) -> None:
        raise Stopped

    real = pulling.carry_out

    def interrupted(*args: Any) -> None:
        os.kill(os.getpid(), number)
        real(*args)

    publisher.gives(document(answer(board()), etag='"a"'))
    before = signal.signal(number, stop)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(pulling, "carry_out", interrupted)
            with pytest.raises(Stopped):
                pull(empty, publisher)
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    done = digest(empty.folder)
    publisher.gives(status(304))
    assert pull(empty, publisher).added == 0
    assert digest(empty.folder) == done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_fetching_ends_it(
    empty: Workspace, publisher: Publisher, number: signal.Signals
) -> None:
    publisher.gives(bad.drip_body)
    before = digest(empty.folder)
    process = subprocess.Popen(
        [sys.executable, "-c", "from tracker.cli import main; main()", "pull", "aa",
         "--base-url", publisher.url, "--workspace", str(empty.folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    while not publisher.asked:
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == (1 if number == signal.SIGINT else -number)
    assert digest(empty.folder) == before
    assert_silent(empty.folder, out, err)


# The key


def test_no_key_no_request(
    empty: Workspace, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AA_API_KEY")
    publisher.gives(document(answer(board())))
    with pytest.raises(UsageError, match="none is given"):
        pull(empty, publisher)
    assert publisher.asked == []


def test_a_key_of_a_file(
    empty: Workspace, publisher: Publisher, tmp_path: Path, own_settings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publisher.gives(document(answer(board())))
    file = tmp_path / "key"
    file.write_text("of-the-option\n")
    file.chmod(0o600)
    pull(empty, publisher, key_file=file)
    assert publisher.asked[-1][1]["x-api-key"] == "of-the-option"
    own_settings.parent.mkdir(parents=True)
    own_settings.write_text(f"key_files = {{aa = '{file}'}}")
    pull(empty, publisher)
    assert publisher.asked[-1][1]["x-api-key"] == KEY
    monkeypatch.delenv("AA_API_KEY")
    pull(empty, publisher)
    assert publisher.asked[-1][1]["x-api-key"] == "of-the-option"


def test_no_key_goes_to_who_asks_for_none(
    empty: Workspace, publisher: Publisher, tmp_path: Path
) -> None:
    csv = b"Model,Display name,eci,eci_ci_low,eci_ci_high,date,Organization,Country\n"
    csv += b"m,M,150,149,151,2026-06-01,OpenAI,United States of America\n"
    publisher.gives(document(csv, "text/csv"))
    assert empty.pull("epoch", base_url=publisher.url).added == 1
    assert KEY not in str(publisher.asked)
    with pytest.raises(UsageError, match="asks for no key"):
        empty.pull("epoch", base_url=publisher.url, key_file=tmp_path / "key")


def test_an_address_is_named(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board())))
    for name, path in (
        (None, "/api/v2/language/models/free"), ("free", "/api/v2/language/models/free"),
        ("llms", "/api/v2/data/llms/models"), ("pro", "/api/v2/language/models"),
    ):  # fmt: skip
        pull(empty, publisher, address=name)
        assert publisher.asked[-1][0] == path
    with pytest.raises(UsageError, match="has no address") as caught:
        pull(empty, publisher, address="other")
    assert "free, llms, pro" in caught.value.hint


def test_an_address_that_is_gone_has_a_successor(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(status(404), document(answer(board())))
    assert pull(empty, publisher).added == 12
    assert [path for path, _ in publisher.asked][1:] == ["/api/v2/data/llms/models"]
    publisher.gives(status(404), document(answer(board())))
    with pytest.raises(TrackerError, match="has nothing"):
        pull(empty, publisher, address="free")
    publisher.gives(status(403), document(answer(board())))
    with pytest.raises(TrackerError, match="refused the key"):
        pull(empty, publisher)


def test_every_address_is_of_the_web() -> None:
    for source in sources.published():
        for name, address in sources.addresses_of(source).items():
            assert address.at(None).startswith("https://"), name
            assert address.key is None or not address.storage_hosts
            assert set(address.instead) <= set(sources.addresses_of(source))
    assert sources.published() == ["aa", "epoch", "metr", "arena"]


def test_only_what_is_published_can_be_pulled(empty: Workspace) -> None:
    with pytest.raises(UsageError, match="has no address"):
        empty.pull("csv")


# on_change


WRITER = """
import json, os, sys
told = json.load(sys.stdin)
open(sys.argv[1], "w").write(json.dumps({"told": told, "key": os.environ.get("AA_API_KEY")}))
print("never to be seen")
"""


def hook(own_settings: Path, *words: str, seconds: float = 30) -> None:
    own_settings.parent.mkdir(parents=True, exist_ok=True)
    own_settings.write_text(
        f"on_change = {json.dumps([sys.executable, '-c', *words])}\non_change_seconds = {seconds}\n"
    )


def test_on_change_is_told_what_changed(
    empty: Workspace, publisher: Publisher, own_settings: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out $(touch x); ls"
    hook(own_settings, WRITER, str(out))
    publisher.gives(document(answer(board())))
    assert call(empty, publisher, "--format", "json") == 0
    captured = capfd.readouterr()
    found = json.loads(out.read_text())
    assert found["key"] is None
    result = json.loads(captured.out)
    assert {k: v for k, v in found["told"].items() if k in result} == result
    assert (found["told"]["source"], found["told"]["workspace"]) == ("aa", str(empty.folder))
    assert "never to be seen" not in captured.out + captured.err
    # Where nothing changed it has nothing to say.
    out.unlink()
    assert call(empty, publisher) == 0
    assert call(empty, publisher, "--dry-run") == 0
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import sys; sys.exit(7)"], "ended with 7"),
        (["import time; time.sleep(60)"], "took longer than 0.3 s"),
    ],
)
def test_a_failure_of_on_change_is_said_and_changes_nothing(
    empty: Workspace, publisher: Publisher, own_settings: Path, words: list[str], said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    hook(own_settings, *words, seconds=0.3 if "longer" in said else 30)
    publisher.gives(document(answer(board())))
    assert call(empty, publisher) == 0
    assert said in capfd.readouterr().err
    assert empty.list().height == 12


def test_what_on_change_started_ends_with_it(
    empty: Workspace, publisher: Publisher, own_settings: Path, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    code = "import os, sys, time; os.fork(); f = open(sys.argv[1], 'a'); " \
           "f.write(f'{os.getpid()} '); f.close(); time.sleep(60)"  # fmt: skip
    hook(own_settings, code, str(pids), seconds=2)
    publisher.gives(document(answer(board())))
    assert any("took longer" in note for note in pull(empty, publisher).notes)
    found = pids.read_text().split()
    assert len(found) == 2
    # Each of them would sleep for a minute; a signal takes its time on a busy machine.
    end = monotonic() + 20
    while any(map(is_running, found)):
        assert monotonic() < end
        sleep(0.02)


def is_running(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_a_program_that_is_not_there(
    empty: Workspace, publisher: Publisher, own_settings: Path
) -> None:
    own_settings.parent.mkdir(parents=True)
    own_settings.write_text("on_change = ['no-such-program-at-all']")
    publisher.gives(document(answer(board())))
    assert any("could not be run" in note for note in pull(empty, publisher).notes)
    assert empty.list().height == 12


def test_a_workspace_may_not_name_a_program(
    empty: Workspace, publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = empty.folder / "tracker.toml"
    settings.write_text(settings.read_text() + f"on_change = ['touch', '{tmp_path / 'x'}']\n")
    publisher.gives(document(answer(board())))
    assert call(empty, publisher) == 1
    told = capsys.readouterr().err
    assert "'on_change', which a workspace may not have" in told
    assert str(tmp_path / "config") in told
    assert publisher.asked == []
    assert not (tmp_path / "x").exists()


def test_wrong_settings_stop_a_pull_before_anything_is_asked(
    empty: Workspace, publisher: Publisher, own_settings: Path
) -> None:
    own_settings.parent.mkdir(parents=True)
    own_settings.write_text("on_change = 'rm -rf /'")
    publisher.gives(document(answer(board())))
    with pytest.raises(TrackerError, match="not a list of words"):
        pull(empty, publisher)
    assert publisher.asked == []


def test_the_door_of_another_process_reads_the_same(empty: Workspace, publisher: Publisher) -> None:
    publisher.gives(document(answer(board())))
    pull(empty, publisher)
    assert open_workspace(empty.folder).list().height == 12
