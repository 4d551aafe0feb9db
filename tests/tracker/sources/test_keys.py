"""The key: where it is read, who else may read it, and that nothing shows it."""

import os
from pathlib import Path

import pytest

from forecasts.errors import TrackerError, UsageError
from tracker.sources.address import KeyField
from tracker.sources.keys import Secret, find_key

FIELD = KeyField("A_KEY", "x-api-key")


def own(path: Path, content: bytes = b"secret\n", mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("sk-1")
    assert "sk-1" not in f"{secret} {secret!r} {[secret]} {vars(type(secret)).get('_x')}"
    assert secret.reveal() == "sk-1"
    assert secret.hidden("no sk-1 here") == "no *** here"
    assert secret.within(b"a sk-1 b")
    assert not secret.within(b"sk-2")


def test_the_file_goes_before_the_environment_and_that_before_the_settings(tmp_path: Path) -> None:
    file, named = own(tmp_path / "a", b"\xef\xbb\xbf of-a \r\n"), own(tmp_path / "b", b"of-b")
    environment = {"A_KEY": "of-env\n"}
    assert find_key(FIELD, file, environment, named).reveal() == "of-a"
    assert find_key(FIELD, None, environment, named).reveal() == "of-env"
    assert find_key(FIELD, None, {"A_KEY": "  "}, named).reveal() == "of-b"
    with pytest.raises(UsageError, match="none is given") as caught:
        find_key(FIELD, None, {})
    assert "A_KEY" in caught.value.hint


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610, 0o777])
def test_a_file_of_others_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(TrackerError, match="may be used by others") as caught:
        find_key(FIELD, own(tmp_path / "a", mode=mode), {})
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_ones_own_is_read(tmp_path: Path, mode: int) -> None:
    assert find_key(FIELD, own(tmp_path / "a", mode=mode), {}).reveal() == "secret"


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"two words", b"two\nlines", b"caf\xc3\xa9", b"\xff\xfe", b"a\x00b", b"x" * 1001],
)
def test_what_is_no_key_is_refused_without_being_shown(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TrackerError, match="holds no key") as caught:
        find_key(FIELD, own(tmp_path / "a", content), {})
    word = content.decode("latin-1").strip()
    assert not word or word not in str(caught.value)
    if b"\x00" not in content and content.strip() and b"\xff" not in content:
        with pytest.raises(TrackerError, match="variable A_KEY holds no key"):
            find_key(FIELD, None, {"A_KEY": content.decode()})


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "absent", tmp_path, tmp_path / "pipe", Path("a\x00b")):
        with pytest.raises(TrackerError, match="The file of the key"):
            find_key(FIELD, path, {})
