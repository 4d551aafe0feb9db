"""The scores that the Epoch Capabilities Index is fitted to, each benchmark an index.

Tables `eci_benchmarks.csv` and `processed_data_for_eci.csv`. A performance is the share of a
benchmark above the level of chance, from 0 to 1, the best of a model's versions. It is therefore
not on the scale of the benchmark's own table, and an index of its own.
"""

from tracker.sources.contract import Reading
from tracker.sources.epoch.facts import SOURCE, day, lab_of, one_index, seen_on
from tracker.sources.epoch.table import EpochTable
from tracker.sources.formats.numbers import is_mark
from tracker.sources.rows import Records

VERSION = "eci"
URL = "https://epoch.ai/eci"
COLUMNS = frozenset(
    {"benchmark", "performance", "model", "Model", "model_version", "date", "source"}
)


def fits(table: EpochTable) -> bool:
    """Whether a table has the columns of the scores."""
    return {"performance", "benchmark"}.issubset(table.columns) and (
        "model" in table.columns or "Model" in table.columns
    )


def read(table: EpochTable, found: Records) -> Reading:
    """The performance of each model on each benchmark, observed on the day of the table."""
    observed = seen_on(found, (row.get("date", "") for _, row in table.rows))
    options = found.options
    names = {row["benchmark"] for _, row in table.rows}
    one_index(found, names)
    for at, row in table.rows:
        name = row.get("model") or row.get("Model", "")
        version, benchmark, value = (
            row.get("model_version", ""),
            row["benchmark"],
            row["performance"],
        )
        if not name or not benchmark or not value or is_mark(value):
            missing = "performance" if name and benchmark else "model or benchmark"
            found.skip(at, "performance", f"{name[:200] or 'a row'} has no {missing}")
            continue
        source = row.get("source", "")
        found.add(
            at,
            {
                "model": name,
                "lab": lab_of("", (version, name), options.catalogue),
                "released_on": day(row.get("date", "")),
                "index_name": options.index_name or f"Epoch ECI {benchmark}",
                "index_version": options.index_version or VERSION,
                "value": value,
                "observed_on": observed,
                "source": SOURCE,
                "source_url": source if source.startswith("https://") else URL,
            },
        )
    return found.reading()
