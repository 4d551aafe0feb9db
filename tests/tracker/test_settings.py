"""A tracker.toml of any content is read, or refused in one sentence."""

from pathlib import Path

import pytest

from forecasts.errors import TrackerError
from tracker.settings import MAX_BYTES, read_settings

REFUSED = {
    "deep list": b"a=" + b"[" * 9_000,
    "deep table": b"x=" + b"{a=" * 2_000 + b"1" + b"}" * 2_000,
    "deep known": b"index." + b"a." * 4_900 + b"b=1",
    "digits": b"seed=" + b"1" * 5000,
    "hex digits": b"seed=0x" + b"f" * 9_000,
    "negative": b"seed=-1",
    "fraction": b"seed=1.5",
    "infinite": b"tolerance=inf",
    "nan": b"tolerance=nan",
    "overflow": b"tolerance=1" + b"0" * 400,
    "number": b"index=5",
    "date": b"index=2020-01-01",
    "numbers": b"models=[1]",
    "boolean": b"seed=true",
    "table": b"[index]\na=1",
    "unknown": b"colour=1",
    "escape": b'"\\u001b[31m"=1',
    "bidi": b'index="a\\u202eb"',
    "long": b'leader="' + b"x" * 500 + b'"',
    "many": b"models=[" + b'"a",' * 200 + b"]",
    "huge": b"x" * (MAX_BYTES + 1),
    "bytes": b"\xff\xfe",
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(tmp_path: Path, case: str) -> None:
    file = tmp_path / "tracker.toml"
    file.write_bytes(REFUSED[case])
    with pytest.raises(TrackerError, match=r"tracker\.toml") as caught:
        read_settings(file)
    assert len(caught.value.message) < 600 + len(str(tmp_path))
    assert caught.value.message.isprintable()
    assert caught.value.code == "bad_settings"
    assert "Correct" in caught.value.hint


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "tracker.toml"
    file.write_bytes(b'\xef\xbb\xbfindex = "I"\n')
    assert read_settings(file).index == "I"
