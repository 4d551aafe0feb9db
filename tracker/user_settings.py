"""The choices of a person, for all workspaces: `gap-tracker/config.toml` among their settings.

What runs a program or reads a secret is chosen here alone: a workspace may come from anywhere.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.text.printable import printable

MAX_BYTES = 10_000
MAX_SECONDS = 3600.0


@dataclass(frozen=True)
class UserSettings:
    """Choices of a person.

    Attributes:
        on_change: a program and its arguments, run where a pull has recorded something.
        on_change_seconds: how long it may take.
        key_files: files with the keys of sources, by the source's name.
    """

    on_change: tuple[str, ...] = ()
    on_change_seconds: float = 30.0
    key_files: Mapping[str, Path] = field(default_factory=dict[str, Path])


NAMES = tuple(f.name for f in fields(UserSettings))


def user_settings_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where the settings of a person are: below XDG_CONFIG_HOME, else ~/.config."""
    environment = os.environ if environment is None else environment
    folder = environment.get("XDG_CONFIG_HOME", "")
    # A relative one would be of the folder that the command happens to be called in.
    base = Path(folder) if os.path.isabs(folder) else Path.home() / ".config"
    return base / "gap-tracker" / "config.toml"


def read_user_settings(path: Path) -> UserSettings:
    """The settings in a file, the defaults where there is none.

    Raises TrackerError naming the setting that is wrong.
    """
    name = printable(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return UserSettings()
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
        table = tomllib.loads(content.decode("utf-8-sig"))
        return _settings(table)
    except (ValueError, RecursionError) as error:
        raise TrackerError(
            f"{name} cannot be used: {printable(str(error))[:300]}.",
            f"Correct it. Settings: {', '.join(NAMES)}.",
            "bad_settings",
        ) from error


def _settings(table: Mapping[str, object]) -> UserSettings:
    unknown = sorted(set(table) - set(NAMES))
    if unknown:
        raise ValueError(f"it has the unknown setting '{unknown[0]}'")
    words = table.get("on_change", [])
    if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
        raise ValueError("on_change is not a list of words, such as ['mail', 'me']")
    if words and not os.path.isabs(words[0]) and os.path.basename(words[0]) != words[0]:
        raise ValueError("on_change begins with a path that depends on the folder; write it from /")
    seconds = table.get("on_change_seconds", UserSettings.on_change_seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("on_change_seconds is not a number")
    if not 0 < seconds <= MAX_SECONDS:
        raise ValueError(f"on_change_seconds does not lie between 0 and {MAX_SECONDS:g}")
    files = table.get("key_files", {})
    if not isinstance(files, dict) or not all(isinstance(f, str) and f for f in files.values()):
        raise ValueError("key_files is not a table of files, such as {aa = '~/keys/aa'}")
    paths = {source: Path(file).expanduser() for source, file in files.items()}
    if not all(path.is_absolute() for path in paths.values()):
        raise ValueError("key_files has a path that depends on the folder; write it from / or ~")
    return UserSettings(tuple(words), float(seconds), paths)
