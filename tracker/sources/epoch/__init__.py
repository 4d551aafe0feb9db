"""Tables by Epoch AI (epoch.ai, CC BY 4.0), told apart by their columns.

The Epoch Capabilities Index as `eci_scores.csv` or as the export with 'ECI Score' (`eci`), the
scores that it is fitted to (`fitted`), and the table of one benchmark (`benchmark`). Tables without
scores of models are refused in one sentence. The archive of the benchmarks is read as it is.
"""

from forecasts.errors import TrackerError
from tracker.sources.columns import DECIMAL
from tracker.sources.contract import Reading, ReadOptions
from tracker.sources.epoch import benchmark, eci, fitted
from tracker.sources.epoch.archive import is_archive, read_archive
from tracker.sources.epoch.table import EpochTable, read_table
from tracker.sources.file import SourceFile
from tracker.sources.rows import Records
from tracker.text.printable import printable

DESCRIPTION = (
    "a table by Epoch AI (CSV): the ECI, the scores that it is fitted to, or one benchmark"
)
WHOLE = True
# Two models hold its scale; every publication gives all the others new values.
FITTED_ANEW = frozenset({eci.INDEX})
OPTIONS = (DECIMAL,)

_USED = eci.COLUMNS | fitted.COLUMNS | benchmark.COLUMNS
# What a table without scores of models holds, by columns that tell it.
_OTHERS = (
    (("edi",), "the difficulty of benchmarks (Epoch's EDI)"),
    (("score_column",), "a description of benchmarks"),
    (("model_group", "accessibility"), "a catalogue of models"),
    (("Version release date",), "a catalogue of models"),
    (("optimized_for",), "a description of benchmarks"),
    (("distilled",), "a description of models"),
)


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a table by Epoch AI, observed on the day in its name, else on the latest it states.

    An archive of tables is read as one file.

    Raises:
        TrackerError: not such a table, or one beyond the limits.
    """
    if is_archive(file):
        return read_archive(file, options, _read_table)
    return _read_table(file, options)


def _read_table(file: SourceFile, options: ReadOptions) -> Reading:
    found = Records(file, options)
    table = read_table(file, _USED, found)
    for kind in (eci, fitted, benchmark):
        if kind.fits(table):
            return kind.read(table, found)
    raise _no_scores(table)


def _no_scores(table: EpochTable) -> TrackerError:
    name, columns = table.file.name, set(table.columns)
    held = next((what for tell, what in _OTHERS if columns.issuperset(tell)), None)
    if held is not None:
        return TrackerError(
            f"{name} holds {held}, no scores of models: there is nothing in it to import.",
            "Import eci_scores.csv, eci_benchmarks.csv or the table of a benchmark.",
            "no_scores",
        )
    return TrackerError(
        f"{name} has no column of scores that is known.",
        f"Its columns: {printable(', '.join(table.columns)[:300])}.",
        "missing_column",
    )
