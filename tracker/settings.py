"""`tracker.toml`: the choices of one workspace, found by walking up from the current folder."""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from forecasts.errors import TrackerError

FILE = "tracker.toml"


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
    """Settings from a tracker.toml; raises TrackerError naming the line or key that is wrong."""
    hint = f"Correct {path}, or delete the line to have the default."
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrackerError(f"{path} is not valid TOML: {error}.", hint, "bad_settings") from error
    known = {f.name: f.default for f in fields(Settings)}
    chosen: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise TrackerError(f"{path} has the unknown setting '{key}'.", hint, "bad_settings")
        default = known[key]
        good = (
            isinstance(value, list) and all(isinstance(v, str) for v in value)
            if isinstance(default, tuple)
            else isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
            if isinstance(default, float)
            else isinstance(value, int) and not isinstance(value, bool) and value >= 0
            if isinstance(default, int)
            else isinstance(value, str)
        )
        if not good:
            raise TrackerError(
                f"{path}: the setting '{key}' cannot be {value!r}.", hint, "bad_settings"
            )
        chosen[key] = tuple(value) if isinstance(value, list) else value
    return Settings(**chosen)  # type: ignore[arg-type]


def render_settings(settings: Settings) -> str:
    """The text of a tracker.toml."""
    lines = ["# Settings of this workspace; every option of the command line goes before them."]
    for field in fields(Settings):
        value = getattr(settings, field.name)
        # TOML writes text, numbers and lists of text as JSON does.
        text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
        lines.append(f"{field.name} = {text}")
    return "\n".join(lines) + "\n"
