"""Observations are counted once, whatever segments hold them."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tracker.store import sealed_file
from tracker.store.observations import Store
from tracker.store.schema import identify
from tracker.store.sealed_file import sealed_files


def rows(index: str, first: int, count: int) -> pl.DataFrame:
    return identify(
        pl.DataFrame(
            {"model": [f"M{at}" for at in range(count)], "lab": "L", "country": "US",
             "index_name": index, "index_version": "1", "value": 1.0, "source": "s",
             "observed_on": [date(2025, 1, 1) + timedelta(days=first + at)
                             for at in range(count)]}
        )
    )  # fmt: skip


@pytest.mark.parametrize("large", range(7))
def test_rows_of_several_segments_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    store = Store(tmp_path / "observations")
    both = rows("I", 0, 60)
    # Overlapping days, the same rows twice, rows of one day alone, another index.
    parts = [both, both[:20], both[40:], both[5:6], rows("I", 300, 50), rows("J", 0, 70)]
    for part in parts:
        store.write(part)
    sizes = [0, *sorted(path.stat().st_size for path in sealed_files(store.folder))]
    monkeypatch.setattr(sealed_file, "LARGE", sizes[len(parts) - large])
    snapshot = Store(store.folder).snapshot()
    assert sum(s.content is None for s in snapshot.segments) == large
    assert snapshot.indices.to_dicts() == [
        {"index_name": "I", "index_version": "1", "observations": 110,
         "first_observed_on": both["observed_on"][0],
         "last_observed_on": both["observed_on"][0] + timedelta(days=349)},
        {"index_name": "J", "index_version": "1", "observations": 70,
         "first_observed_on": both["observed_on"][0],
         "last_observed_on": both["observed_on"][0] + timedelta(days=69)},
    ]  # fmt: skip
    assert Store(tmp_path / "none").snapshot().indices.is_empty()
