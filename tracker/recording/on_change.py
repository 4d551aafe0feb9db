"""The program that a person has run where a pull has recorded something."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from tracker.text.printable import printable
from tracker.user_settings import UserSettings


def run_on_change(
    settings: UserSettings, document: Mapping[str, object], hidden: frozenset[str]
) -> str | None:
    """Run `on_change` without a shell, `document` as JSON on its standard input.

    Its environment lacks the variables `hidden`. What it writes to standard output is dropped.
    Returns in a sentence how it failed, None where it did not or there is none.
    """
    words = settings.on_change
    if not words:
        return None
    name = printable(words[0])[:200]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=Path.home(),
            env={k: v for k, v in os.environ.items() if k not in hidden},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "a wrong word"
        return f"on_change could not be run: {name}: {why}."
    try:
        process.communicate(_json(document), settings.on_change_seconds)
    except subprocess.TimeoutExpired:
        return f"on_change was ended: {name} took longer than {settings.on_change_seconds:g} s."
    finally:
        if process.poll() is None:
            # With what it started itself.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        return f"on_change failed: {name} ended with {process.returncode}."
    return None


def _json(document: Mapping[str, object]) -> bytes:
    """Dates as ISO text, nan and infinity as null."""
    text = json.dumps(document, default=date.isoformat)
    return json.dumps(json.loads(text, parse_constant=lambda name: None)).encode()
