"""`tracker.toml`: the choices of one workspace, found by walking up from the current folder."""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.store.schema import MAX_NUMBER, MAX_TEXT, text_problem
from tracker.text.printable import printable

FILE = "tracker.toml"
MAX_BYTES = 10_000
MAX_SEED = 2**63 - 1
MAX_MODELS = 100


@dataclass(frozen=True)
class Settings:
    """Choices of a workspace. Empty `index` or `version`: the one with most observations."""

    index: str = ""
    version: str = ""
    leader: str = "US"
    follower: str = "CN"
    tolerance: float = 0.0
    seed: int = 20250101
    models: tuple[str, ...] = ()


def find_workspace(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a tracker.toml."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    return None


def read_settings(path: Path) -> Settings:
    """Settings from a tracker.toml, with or without a byte order mark.

    Raises TrackerError naming the line or key that is wrong, for more than MAX_BYTES too.
    """
    name = printable(str(path))
    hint = f"Correct {name}, or delete the line to have the default."
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TrackerError(f"{name} is larger than {MAX_BYTES:,} bytes.", hint, "bad_settings")
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise TrackerError(f"{name} is nested too deep.", hint, "bad_settings") from error
    except ValueError as error:  # not UTF-8, not TOML, or a number of thousands of digits
        raise TrackerError(
            f"{name} is not valid TOML: {printable(str(error))[:200]}.", hint, "bad_settings"
        ) from error
    known = {f.name: f.default for f in fields(Settings)}
    chosen: dict[str, object] = {}
    for key, value in table.items():
        shown = printable(key[:100])
        if key not in known:
            raise TrackerError(
                f"{name} has the unknown setting '{shown}'.",
                f"{hint} Settings: {', '.join(known)}.",
                "bad_settings",
            )
        problem = _problem(value, known[key])
        if problem is not None:
            raise TrackerError(f"{name}: the setting '{shown}' {problem}.", hint, "bad_settings")
        chosen[key] = tuple(value) if isinstance(value, list) else value
    settings = Settings(**chosen)  # type: ignore[arg-type]
    try:
        _check_meaning(settings)
    except TrackerError as error:
        raise TrackerError(f"{name}: {error.message}", f"{error.hint} {hint}", "bad_settings") \
            from error  # fmt: skip
    return settings


def _check_meaning(settings: Settings) -> None:
    from forecasts.measures.blocs import parse_bloc
    from models import MODELS

    if parse_bloc(settings.leader).spec == parse_bloc(settings.follower).spec:
        raise TrackerError(f"leader and follower are both '{settings.leader}'.")
    for model in settings.models:
        if model not in MODELS:
            raise TrackerError(f"there is no model '{model}'.", f"Models: {', '.join(MODELS)}.")


def _problem(value: object, default: object) -> str | None:
    """Why `value` cannot stand where `default` does, or None."""
    wrong = f"cannot be {_show(value)}"
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            return f"{wrong}: it is a list of text"
        if len(value) > MAX_MODELS:
            return f"has more than {MAX_MODELS} names"
        return next((p for v in value if (p := _text_problem(v)) is not None), None)
    if isinstance(default, str):
        return _text_problem(value) if isinstance(value, str) else f"{wrong}: it is text"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{wrong}: it is a number"
    if isinstance(default, int) and not isinstance(value, int):
        return f"{wrong}: it is a whole number"
    limit = MAX_NUMBER if isinstance(default, float) else MAX_SEED
    if not 0 <= value <= limit:
        return f"{wrong}: it lies between 0 and {limit:g}"
    return None


def _show(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    try:
        return printable(repr(value)[:80])
    except (ValueError, RecursionError):  # digits or brackets by the thousand
        return "such a value"


def _text_problem(text: str) -> str | None:
    if len(text) > MAX_TEXT["index_name"]:
        return f"is longer than {MAX_TEXT['index_name']} characters"
    return text_problem(text)


def render_settings(settings: Settings) -> str:
    """The text of a tracker.toml."""
    lines = ["# Settings of this workspace; every option of the command line goes before them."]
    for field in fields(Settings):
        value = getattr(settings, field.name)
        # TOML writes text, numbers and lists of text as JSON does.
        text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
        lines.append(f"{field.name} = {text}")
    return "\n".join(lines) + "\n"
