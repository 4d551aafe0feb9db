"""Where observations come from. A source is one file here and one line in SOURCES."""

from importlib import import_module
from pathlib import Path
from typing import Protocol

from forecasts.errors import UsageError
from tracker.sources.rows import Problem, Reading, ReadOptions

SOURCES: dict[str, str] = {
    "csv": "tracker.sources.csv",
    "parquet": "tracker.sources.parquet",
    "aa": "tracker.sources.artificial_analysis",
    "epoch-benchmarks": "tracker.sources.epoch_benchmarks",
}


class Source(Protocol):
    """A module that reads one kind of file."""

    DESCRIPTION: str

    def read(self, path: Path, options: ReadOptions) -> Reading:
        """Rows and problems of a file; raises TrackerError when it is no such file."""
        ...


def load(name: str) -> Source:
    """The source known as `name`."""
    if name not in SOURCES:
        raise UsageError(
            f"There is no source '{name}'.", f"Sources: {', '.join(SOURCES)}.", "unknown_source"
        )
    return import_module(SOURCES[name])


__all__ = ["SOURCES", "Problem", "ReadOptions", "Reading", "Source", "load"]
