"""`tracker.toml`: the choices of one workspace, found by walking up from the current folder."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from forecasts.errors import TrackerError
from forecasts.nearest import did_you_mean
from forecasts.request import SHARED, Shared
from tracker.store.outputs import SETTINGS
from tracker.store.schema import MAX_NUMBER, MAX_TEXT, text_problem
from tracker.text.printable import printable

FILE = SETTINGS
MAX_BYTES = 10_000
MAX_SEED = 2**63 - 1
MAX_MODELS = 100
_CODE = re.compile("[A-Za-z]{2}")


@dataclass(frozen=True)
class Settings:
    """Choices of a workspace. Empty `index` or `version`: the one with most observations.

    `complete_log` says that every release is logged: each day of logging is then a sweep.
    `delisted` says whether the record of a model that has left its board stands: keep or drop.
    `sources` are those that count first where several differ on one day. Data older than
    `stale_days` are said to be old wherever an answer is about now. `groups` are countries by a
    name of one's own, such as BRICS, that stands wherever a country can in a bloc.
    """

    index: str = ""
    version: str = ""
    leader: str = "US"
    follower: str = "CN"
    tolerance: float = 0.0
    seed: int = 20250101
    models: tuple[str, ...] = ()
    complete_log: bool = False
    stale_days: int = 45
    sources: tuple[str, ...] = ()
    delisted: str = "keep"
    shared: Shared = "neither"
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


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
    if "groups" in table:
        try:
            chosen["groups"] = _groups(table.pop("groups"))
        except TrackerError as error:
            raise TrackerError(f"{name}: {error.message}", hint, "bad_settings") from error
    for key, value in table.items():
        shown = printable(key[:100])
        if key not in known:
            raise TrackerError(
                f"{name} has the unknown setting '{shown}'.",
                f"{did_you_mean(shown, known)}{hint} Settings: {', '.join(known)}.",
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


def _groups(table: object) -> dict[str, tuple[str, ...]]:
    """The groups that a table of the file names; raises TrackerError for what is none."""
    from forecasts.measures.blocs import is_free_name

    if not isinstance(table, dict):
        raise TrackerError('groups is a table, such as BRICS = ["BR", "CN"] below [groups].')
    found: dict[str, tuple[str, ...]] = {}
    for name, countries in table.items():
        shown = printable(name[:100])
        if not is_free_name(name):
            raise TrackerError(
                f"'{shown}' cannot name a group: a name has three letters, digits or hyphens or "
                "more, and no meaning of its own in a bloc."
            )
        codes = countries if isinstance(countries, list) else []
        if not codes or not all(isinstance(c, str) and _CODE.fullmatch(c) for c in codes):
            raise TrackerError(
                f'the group \'{shown}\' is no list of two-letter countries, such as ["BR", "CN"].'
            )
        found[name] = tuple(dict.fromkeys(code.upper() for code in codes))
    if len({name.lower() for name in found}) < len(found):
        raise TrackerError("two groups have one name.")
    return found


def _check_meaning(settings: Settings) -> None:
    from forecasts.measures.blocs import parse_bloc
    from models import MODELS

    pair = (settings.leader, settings.follower)
    leader, follower = (parse_bloc(spec, settings.groups) for spec in pair)
    if leader.terms == follower.terms:
        raise TrackerError(f"leader and follower are both '{settings.leader}'.")
    if settings.shared not in SHARED:
        raise TrackerError(
            f"models of both blocs count for '{settings.shared}'.", f"It is {', '.join(SHARED)}."
        )
    if settings.delisted not in {"keep", "drop"}:
        raise TrackerError(f"delisted is '{settings.delisted}'.", "It is keep or drop.")
    for model in settings.models:
        if model not in MODELS:
            near = did_you_mean(model, MODELS)
            raise TrackerError(
                f"there is no model '{model}'.", f"{near}Models: {', '.join(MODELS)}."
            )


def _problem(value: object, default: object) -> str | None:
    """Why `value` cannot stand where `default` does, or None."""
    if isinstance(default, tuple):
        return _list_problem(value)
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"cannot be {_show(value)}: it is true or false"
    if isinstance(default, str):
        if isinstance(value, str):
            return _text_problem(value)
        return f"cannot be {_show(value)}: it is text"
    return _number_problem(value, whole=isinstance(default, int))


def _list_problem(value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        return f"cannot be {_show(value)}: it is a list of text"
    if len(value) > MAX_MODELS:
        return f"has more than {MAX_MODELS} names"
    return next((p for v in value if (p := _text_problem(v)) is not None), None)


def _number_problem(value: object, *, whole: bool) -> str | None:
    wrong = f"cannot be {_show(value)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{wrong}: it is a number"
    if whole and not isinstance(value, int):
        return f"{wrong}: it is a whole number"
    limit = MAX_SEED if whole else MAX_NUMBER
    return None if 0 <= value <= limit else f"{wrong}: it lies between 0 and {limit:g}"


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
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        if setting.name != "groups":
            lines.append(f"{setting.name} = {_toml(value)}")
    if settings.groups:
        lines += ["", "[groups]", *(f"{n} = {_toml(c)}" for n, c in settings.groups.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    # TOML writes text, numbers and lists of text as JSON does.
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
