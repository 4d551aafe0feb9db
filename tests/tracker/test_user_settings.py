"""The settings of a person: where they are, and each wrong one is named."""

from pathlib import Path

import pytest

from forecasts.errors import TrackerError
from tracker.user_settings import UserSettings, read_user_settings, user_settings_path


def test_where_they_are(tmp_path: Path) -> None:
    assert user_settings_path({"XDG_CONFIG_HOME": str(tmp_path)}) == (
        tmp_path / "gap-tracker" / "config.toml"
    )
    for said in ("", "relative/place"):
        found = user_settings_path({"XDG_CONFIG_HOME": said})
        assert found == Path.home() / ".config" / "gap-tracker" / "config.toml"


def test_none_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "config.toml", tmp_path / "file" / "config.toml", tmp_path / "file"):
        assert read_user_settings(path) == UserSettings()


def test_what_is_said_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        "on_change = ['/usr/bin/notify', 'a b', '$HOME']\non_change_seconds = 5\n"
        "[key_files]\naa = '~/keys/aa'\n"
    )
    assert read_user_settings(file) == UserSettings(
        ("/usr/bin/notify", "a b", "$HOME"), 5.0, {"aa": Path.home() / "keys" / "aa"}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on_change = 'mail me'", "not a list of words"),
        ("on_change = ['a', 1]", "not a list of words"),
        ("on_change = ['']", "not a list of words"),
        ("on_change = ['./run']", "depends on the folder"),
        ("on_change = ['bin/run']", "depends on the folder"),
        ("on_change_seconds = true", "not a number"),
        ("on_change_seconds = 0", "between 0 and"),
        ("on_change_seconds = inf", "between 0 and"),
        ("on_change_seconds = nan", "between 0 and"),
        ("key_files = ['a']", "not a table"),
        ("key_files = {aa = 5}", "not a table"),
        ("key_files = {aa = 'key'}", "depends on the folder"),
        ("hook = ['a']", "unknown setting 'hook'"),
        ("on_change = [", "cannot be used"),
        ("x" * 10_001, "larger than"),
        ("a = " + "[" * 5000, "cannot be used"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(TrackerError, match=said) as caught:
        read_user_settings(file)
    assert str(file) in caught.value.message
