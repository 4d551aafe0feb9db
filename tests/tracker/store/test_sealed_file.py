"""One seal for segments and for the ledger: name, checksum, format, damage."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from forecasts.errors import TrackerError
from tracker.store import sealed_file
from tracker.store.ledger import FORECAST
from tracker.store.sealed_file import Damage, Kind, SealedFile, open_sealed, seal, sealed_files
from tracker.store.segments import SEGMENT

ROWS = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
MOMENT = datetime(2026, 4, 10, 12, tzinfo=UTC)
KINDS = pytest.mark.parametrize("kind", [SEGMENT, FORECAST], ids=["segment", "forecast"])


def damage(path: Path, kind: Kind) -> Damage:
    found = open_sealed(path, kind)
    assert isinstance(found, Damage)
    assert found.file == path.name
    return found


@KINDS
def test_what_is_sealed_is_opened(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = seal(tmp_path, ROWS, kind, MOMENT)
    assert path.name.startswith("20260410T120000.000000Z-")
    assert sealed_files(tmp_path) == [path]
    assert pl.read_parquet_metadata(path)[kind.format_key] == str(kind.version)
    held = open_sealed(path, kind)
    monkeypatch.setattr(sealed_file, "LARGE", 10)
    lying = open_sealed(path, kind)
    for found, content in ((held, path.read_bytes()), (lying, None)):
        assert isinstance(found, SealedFile)
        assert (found.content, found.format) == (content, kind.version)
        assert pl.read_parquet(found.source).equals(ROWS)


@KINDS
def test_a_later_format_is_refused_by_name(tmp_path: Path, kind: Kind) -> None:
    later = Kind(kind.name, kind.format_key, kind.version + 1)
    found = damage(seal(tmp_path, ROWS, later, MOMENT), kind)
    assert (found.code, found.remedy) == ("later_format", "Update gap-tracker")
    assert f"it has format {kind.version + 1}" in found.reason


@KINDS
@pytest.mark.parametrize("large", [False, True])
def test_any_flipped_byte_is_noticed(
    tmp_path: Path, kind: Kind, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_file, "LARGE", 10 if large else 2**24)
    path = seal(tmp_path, ROWS, kind, MOMENT)
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert "checksum" in damage(path, kind).reason


@KINDS
def test_what_is_none_is_named(tmp_path: Path, kind: Kind) -> None:
    foreign = tmp_path / "notes.parquet"
    foreign.write_text("x")
    assert damage(foreign, kind).reason == f"it is not {kind.name} of this program"
    path = seal(tmp_path, ROWS, kind, MOMENT)
    folder = tmp_path / path.name.replace("2026", "2025")
    folder.mkdir()
    assert damage(folder, kind).reason == "it is not a regular file"
    link = tmp_path / path.name.replace("2026", "2024")
    link.symlink_to("nowhere")
    assert damage(link, kind).reason.startswith("it cannot be read")


def bomb(folder: Path, table: pl.DataFrame, **settings: Any) -> Path:
    buffer = io.BytesIO()
    table.write_parquet(buffer, **settings)
    content = buffer.getvalue()
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    path = folder / f"20260410T120000.000000Z-{digest}.parquet"
    path.write_bytes(content)
    return path


@KINDS
@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
@pytest.mark.parametrize("what", ["bytes", "values"])
def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, large: bool, what: str
) -> None:
    if what == "bytes":
        # Each text is another, so that no dictionary makes them small; together they compress.
        texts = [f"{at:09}" + "x" * 60_000 for at in range(2_000)]
        monkeypatch.setattr(sealed_file, "_MAX_UNPACKED", 50_000_000)
        path = bomb(tmp_path, pl.DataFrame({"note": texts}), compression="zstd")
    else:
        path = bomb(tmp_path, pl.DataFrame({"value": [1.0]}).select(
            pl.col("value").repeat_by(3_000_000).explode()))  # fmt: skip
    assert path.stat().st_size < 1_000_000
    if large:
        monkeypatch.setattr(sealed_file, "LARGE", 10)

    def read(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(pl, "read_parquet_metadata", read)
    assert "it is too large" in damage(path, kind).reason


def test_what_may_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_file, "_MAX_VALUES", 1)
    monkeypatch.setattr(sealed_file, "_BYTES_PER_VALUE", 10**9)
    with pytest.raises(TrackerError, match="too much"):
        seal(tmp_path, ROWS, SEGMENT, MOMENT)
    assert list(tmp_path.iterdir()) == []
