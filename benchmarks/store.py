"""The store at size, beside DuckDB on the same files: seconds and peak memory, in one run.

`python benchmarks/store.py [--rows 10000000]`. Each measure is a process of its own, best of
three; memory is the largest resident set of that process.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tracker.store.observations import Store
from tracker.store.schema import STATED, identify
from tracker.workspace import create_workspace

SEGMENT = 1_000_000
MODELS = 20_000
TRACKER = [sys.executable, "-c", "from tracker.cli import main; main()"]
# The same question: the latest value of every model, corrections and retractions respected, and
# of these the running maximum by release date in each of two countries.
QUERY = """
with rows as (select * from read_parquet('{folder}/*.parquet')),
gone as (select coalesce(supersedes, retracts) as id from rows
         where supersedes is not null or retracts is not null),
latest as (
    select model_key, arg_max(struct_pack(model, lab, country, released_on, value),
        (observed_on, not coalesce(estimated, false), value, observation_id)) as r
    from rows
    where index_name = 'I' and index_version = '1' and value is not null and retracts is null
        and observation_id not in (select id from gone)
    group by model_key),
steps as (
    select c as bloc, r.released_on as day, max(r.value) as value
    from latest, unnest(['US', 'CN']) as t(c)
    where list_contains(string_split(r.country, ','), c) group by bloc, day),
records as (
    select *, max(value) over (partition by bloc order by day rows between unbounded preceding
        and 1 preceding) as before from steps)
select bloc, day, value from records where before is null or value > before order by day, bloc
"""
DUCKDB = "import duckdb; print(len(duckdb.sql({query!r}).fetchall()))"


def facts(rows: int, start: int = 0) -> pl.DataFrame:
    """`rows` stated observations of MODELS models, one value of each a day from day `start`."""
    at = np.arange(rows)
    model, day = at % MODELS, start + at // MODELS
    rng = np.random.default_rng(start)
    names = [f"Model {i} ({('low', 'medium', 'high')[i % 3]})" for i in range(MODELS)]
    known = pl.DataFrame(
        {
            "m": np.arange(MODELS),
            "model": names,
            "lab": [f"Lab {i % 60}" for i in range(MODELS)],
            "country": [("US", "CN", "FR", "US,GB")[i % 4] for i in range(MODELS)],
            "released_on": [date(2023, 1, 1) + timedelta(days=i % 900) for i in range(MODELS)],
            "open_weights": [i % 2 == 0 for i in range(MODELS)],
        }
    )
    made = pl.DataFrame(
        {
            "m": model,
            "value": np.round(20 + 40 * np.sqrt(model / MODELS) + rng.normal(0, 2, rows), 4),
            "observed_on": pl.Series(day + (date(2023, 6, 1) - date(1970, 1, 1)).days)
            .cast(pl.Int32)
            .cast(pl.Date),
        }
    ).join(known, on="m", maintain_order="left")
    return made.with_columns(
        index_name=pl.lit("I"), index_version=pl.lit("1"), source=pl.lit("made"),
        source_url=pl.lit(None, pl.String), estimated=pl.lit(False), note=pl.lit(None, pl.String),
        stderr=pl.lit(None, pl.Float64), reasoning=pl.lit(None, pl.Boolean),
        released_precision=pl.lit(None, pl.String),
    ).select(STATED)  # fmt: skip


def fill(folder: Path, rows: int) -> Path:
    """A workspace of `rows` observations in segments of at most SEGMENT."""
    workspace = create_workspace(folder)
    store = Store(workspace.store.folder)
    for start in range(0, rows, SEGMENT):
        part = facts(min(SEGMENT, rows - start), start // MODELS)
        store.write(identify(part, datetime(2026, 1, 1, tzinfo=UTC)))
    return folder


def measure(command: list[str], times: int = 3) -> tuple[float, float]:
    """Seconds (the best) and peak memory in MB of a process; stops when it fails."""
    seconds, memory = [], []
    for _ in range(times):
        started = datetime.now(UTC)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        told = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command}: {told.decode()}")
        seconds.append((datetime.now(UTC) - started).total_seconds())
        memory.append(usage.ru_maxrss / 1024)
    return min(seconds), max(memory)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        line = "{:44} {:>9.2f} s {:>8.0f} MB   {}"
        base = None
        for size in (10, 10_000, 1_000_000):
            where = fill(folder / f"log-{size}", size)
            log = ["log", "A new one", "--value", "50", "--lab", "OpenAI", "--observed",
                   "2026-02-01", "--workspace", str(where)]  # fmt: skip
            # Each repetition records another fact.
            found = [measure([*TRACKER, *log, "--note", str(i)], 1) for i in range(5)]
            best = min(s for s, _ in found)
            base = base or best
            print(line.format(f"log beside {size:,} observations", best,
                              max(m for _, m in found), f"{best / base:.2f} x"))  # fmt: skip
        table = folder / "rows.csv"
        facts(1_000_000).write_csv(table)
        empty = create_workspace(folder / "import").folder
        seconds, memory = measure(
            [*TRACKER, "import", "csv", str(table), "--workspace", str(empty)], 1
        )
        print(line.format("import of 1,000,000 rows", seconds, memory, ""))
        large = fill(folder / "large", rows)
        query = QUERY.format(folder=large / "observations")
        theirs = measure([sys.executable, "-c", DUCKDB.format(query=query)])
        print(line.format(f"DuckDB: frontier of {rows:,}", *theirs, "1.00 x"))
        for name in ("frontier", "gap"):
            ours = measure([*TRACKER, name, "--workspace", str(large), "--format", "json"])
            ratio = f"{ours[0] / theirs[0]:.2f} x, memory {ours[1] / theirs[1]:.2f} x"
            print(line.format(f"tracker {name} of {rows:,}", *ours, ratio))


if __name__ == "__main__":
    main()
