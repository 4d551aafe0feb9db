"""Run commands of `tracker` in processes that may die, one for each line of JSON on stdin.

The modules are loaded once and each trial is a fork: a trial costs milliseconds, and SIGKILL ends
a real process, in which nothing is tidied up.

    {"args": [...], "root": FOLDER, "at": 7, "mode": "kill_before", "many": 4}
    -> {"killed": true, "exit": null, "calls": [], "said": "..."}
"""

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import polars  # noqa: F401  loaded once, its threads start in the child
from disk_faults import Fault, between

import tracker.cli
from tracker import catalogue, workspace  # noqa: F401
from tracker.recording import importing  # noqa: F401
from tracker.recording import log as release_log  # noqa: F401
from tracker.sources import csv as csv_source  # noqa: F401
from tracker.store import compaction


def child(trial: dict[str, Any], report: int) -> None:
    compaction.MANY = trial.get("many") or compaction.MANY
    fault = Fault(trial.get("at", 0), trial.get("mode", ""))
    said = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(said), between(trial["root"], fault):
        code = tracker.cli.run(trial["args"])
    answer = {"exit": code, "calls": fault.calls, "said": said.getvalue()}
    with os.fdopen(report, "w") as pipe:
        json.dump(answer, pipe)


def main() -> None:
    for line in sys.stdin:
        trial = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            status = 99
            try:
                child({**trial, "root": Path(trial["root"])}, writing)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        answer = json.loads(text) if text else {"exit": None, "calls": [], "said": ""}
        print(json.dumps({"killed": killed, **answer}), flush=True)


if __name__ == "__main__":
    main()
