"""Ratings of Arena (arena.ai, earlier lmarena.ai): people's preferences as an Elo-like score.

Read are leaderboard pages (JSON), the public data set lmarena-ai/leaderboard-dataset (Parquet, or
JSON of its rows; each day of publication is a day of observation) and the tables of
github.com/lmarena/arena-catalog (JSON, CSV). Each category of a board is an index of its own; its
version says how ratings were computed, by the dates of the data set's card:

- `elo`: Elo ratings, until 2024-01-08. `bradley-terry`: from 2024-01-09.
- `style-control`: the same with the style of answers controlled for, what a page of text, vision,
  search or documents shows since 2025-05-16. `style-control-2024`: before that day, when these
  ratings stood some 60 points lower.
- `published`: of a board whose computation is another.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from tracker.sources.address import PARQUET, Address
from tracker.sources.arena_boards import BOARDS, Board, board_of, board_of_path, index_name, named
from tracker.sources.arena_files import NAMES, ratings
from tracker.sources.basis import Basis
from tracker.sources.contract import MissingFact, Problem, Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.rows import batch, check_rows, limit_problems
from tracker.sources.standard_errors import stderr_of
from tracker.store.schema import STATED
from tracker.text.counting import counted

DESCRIPTION = (
    "ratings of Arena: a page (JSON), the public data set (Parquet) or catalog (JSON, CSV)"
)
WHOLE = True
_DATA_SET = "https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset/resolve/main"
# First what the page of text shows; `full` has every day of publication.
ADDRESSES = {
    f"{board}{end}": Address(
        f"{_DATA_SET}/{board}/{split}-00000-of-00001.parquet",
        f"{board}.parquet",
        PARQUET,
        # The host keeps large files on machines of their own.
        storage_hosts=(".hf.co",),
    )
    for board in ("text_style_control", *BOARDS)
    for end, split in (("", "latest"), ("/full", "full"))
}
OPTIONS = (
    SourceOption(
        "board", "arena: the board, where the file does not say it.", "auto", ("auto", *BOARDS)
    ),
)
_LEVEL = 0.95
_NUMBERS = ("rating", "low", "high", "variance", "votes")
_KEYS = ["board", "category", "day"]
_CLOSED = ("proprietary", "propretary")
_NOT_SAID = ("", "-", "unknown", "other", "n/a", "none", "null")


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """The ratings in a file, observed on their day of publication, else on that of the file.

    `stderr` is that of the 95% interval, else the root of the variance; votes are in the note, the
    organization is the lab. Rows without a rating are skipped and counted.

    Raises:
        TrackerError: none of these files, or one beyond the limits.
        MissingFact: nobody says the board or the day.
    """
    found = _Ratings(file, options)
    for rows in ratings(file, found.reject):
        found.take(rows)
    return found.reading()


class _Ratings:
    """The ratings of one file, taken piece by piece: named, dated, checked."""

    def __init__(self, file: SourceFile, options: ReadOptions) -> None:
        self.file, self.options = file, options
        self.basis = Basis(file, options)
        self.read = 0
        self.problems: list[Problem] = []
        self.skipped: list[Problem] = []
        self._typed: list[pl.DataFrame] = []
        self._days: set[str] = set()

    def reject(self, row: int, field: str, reason: str) -> None:
        """A row that cannot be taken as it is."""
        self.read += 1
        self._problem(row, field, reason)

    def take(self, raw: pl.DataFrame) -> None:
        """More rows, text columns of RAW."""
        self.read += raw.height
        held = [c for c in NAMES if raw[c].null_count() < raw.height]
        raw = raw.with_columns(_blank_as_null(c) for c in held).with_columns(_numbers())
        raw = self._checked(raw.with_columns(_bounds()) if "interval" in held else raw)
        none = pl.col("rating").is_null()
        for row, model in raw.filter(none).select("row", "model").iter_rows():
            self.skipped.append(Problem(row, "rating", f"{(model or '')[:200]} has no rating"))
        rows, wrong = check_rows(
            self.basis.fill(self._observations(raw.filter(~none))), self.options
        )
        self._typed.append(rows)
        for problem in wrong:
            self._problem(problem.row, problem.field, problem.reason)

    def reading(self) -> Reading:
        """The file with its good rows."""
        rows = pl.concat(self._typed)
        problems = sorted(self.problems, key=lambda p: p.row)
        return Reading(
            rows, self.read, problems, self.skipped, *batch(rows),
            _notes(len(self.skipped)), self.basis.inferred,
        )  # fmt: skip

    def _problem(self, row: int, field: str, reason: str) -> None:
        self.problems.append(Problem(row, field, reason))
        limit_problems(self.file, self.problems)

    def _checked(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The rows whose numbers are numbers and whose intervals are not the wrong way round."""
        bad: set[int] = set()
        for name in _NUMBERS:
            unread = pl.col(name).is_not_null() & pl.col(f"{name}:number").is_null()
            for row, text in raw.filter(unread).select("row", name).iter_rows():
                self._problem(row, name, f"{text[:40]!r} is not a number")
                bad.add(row)
        low, high = pl.col("low:number"), pl.col("high:number")
        unread = pl.col("interval").is_not_null() & (low.is_null() | high.is_null())
        for row, text in raw.filter(unread).select("row", "interval").iter_rows():
            self._problem(row, "interval", f"{text[:40]!r} is no interval")
            bad.add(row)
        for row, *bounds in raw.filter(low > high).select("row", low, high).iter_rows():
            self._problem(row, "rating", f"has an interval from {bounds[0]:g} to {bounds[1]:g}")
            bad.add(row)
        return raw.filter(~pl.col("row").is_in(bad)) if bad else raw

    def _observations(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Text rows of STATED."""
        dated = raw.with_columns(day=self._day(raw))
        licences = dated["licence"].drop_nulls().unique()
        error = stderr_of(pl.col("low:number"), pl.col("high:number"), _LEVEL)
        rows = dated.join(
            self._indices(dated), on=_KEYS, how="left", nulls_equal=True, maintain_order="left"
        ).select(
            "row", "model", "index_name", "index_version",
            value="rating",
            observed_on="day",
            lab="lab",
            stderr=pl.coalesce(error, pl.col("variance:number").sqrt()).fill_nan(None)
            .cast(pl.String),
            open_weights=_told("licence", {text: _is_open(text) for text in licences}),
            note=pl.concat_str(
                pl.col("votes:number").cast(pl.Int64, strict=False).cast(pl.String),
                pl.lit(" votes"),
            ),
            source=pl.lit("arena"),
        )  # fmt: skip
        absent = [pl.lit(None, pl.String).alias(c) for c in STATED if c not in rows.columns]
        return rows.with_columns(absent).select("row", *STATED)

    def _day(self, raw: pl.DataFrame) -> pl.Series:
        """The day of each row as text: its own, else that of the file."""
        self._days |= set(raw["day"].drop_nulls().unique())
        if self.options.observed_on is not None:
            if len(self._days) > 1:
                raise UsageError(
                    f"`observed_on` is {self.options.observed_on}, but {self.file.name} holds "
                    f"{len(self._days)} days of publication.",
                    "Leave it out.",
                    "bad_option",
                    field="observed_on",
                )
            return pl.Series("day", [str(self.options.observed_on)] * raw.height, dtype=pl.String)
        if raw["day"].null_count():
            return raw["day"].fill_null(str(self.basis.day()))
        return raw["day"]

    def _indices(self, dated: pl.DataFrame) -> pl.DataFrame:
        """_KEYS with the index and the version of each board, category and day."""
        keys = dated.select(_KEYS).unique(maintain_order=True)
        boards = {stated: self._board(stated) for stated in keys["board"].unique()}
        name, found = self.options.index_name, []
        for stated, category, day in keys.iter_rows():
            board = boards[stated]
            index = index_name(name or f"Arena {board.words}", category or "")
            found.append((index, board.version(_date(day) or self.options.today)))
        told = pl.DataFrame(
            found, schema={"index_name": pl.String, "index_version": pl.String}, orient="row"
        )
        return pl.concat([keys, told], how="horizontal")

    def _board(self, stated: str | None) -> Board:
        asked = str(self.options.own.get("board", "auto"))
        found = named(asked) if asked != "auto" else board_of(stated) if stated else None
        found = found or board_of_path(self.file.path)
        if found is None:
            raise MissingFact(
                "board",
                f"{self.file.name} does not say which board of Arena it holds, nor does its path.",
                "Say it with `board`, for example text_style_control.",
            )
        return found


def _notes(skipped: int) -> list[str]:
    if not skipped:
        return []
    return [f"{counted(skipped, 'row has', 'rows have')} no rating."]


def _told(column: str, facts: Mapping[str, str | None]) -> pl.Expr:
    return pl.col(column).replace_strict(facts, default=None, return_dtype=pl.String)


def _blank_as_null(column: str) -> pl.Expr:
    bare = pl.col(column).str.strip_chars()
    return pl.when(~bare.str.to_lowercase().is_in(["", "-", "nan", "null", "none"])).then(bare) \
        .alias(column)  # fmt: skip


def _numbers() -> list[pl.Expr]:
    cells = {c: pl.col(c).cast(pl.Float64, strict=False).fill_nan(None) for c in _NUMBERS}
    return [cell.alias(f"{c}:number") for c, cell in cells.items()]


def _bounds() -> list[pl.Expr]:
    """The bounds of an interval, also of one that a cell holds as +5/-4, ±5 or 1500 - 1512."""

    def number(pattern: str) -> pl.Expr:
        return pl.col("interval").str.extract(pattern).cast(pl.Float64, strict=False)

    n, rating, both = r"(\d+(?:\.\d+)?)", pl.col("rating:number"), r"^(?:±|\+/-)\s*"
    up = pl.coalesce(number(rf"^\+\s*{n}\s*/"), number(rf"{both}{n}$"))
    down = pl.coalesce(number(rf"/\s*[-−]\s*{n}$"), number(rf"{both}{n}$"))
    between = r"\s*(?:,|;|-|–|to)\s*"
    low = number(rf"^[\[(]?{n}{between}\d")
    high = number(rf"\d{between}{n}[\])]?$")
    return [
        pl.coalesce("low:number", rating - down, low).alias("low:number"),
        pl.coalesce("high:number", rating + up, high).alias("high:number"),
    ]


def _is_open(licence: str) -> str | None:
    """Whether a licence of a model lets its weights be had: every one but a proprietary one."""
    bare = licence.strip().casefold()
    return None if bare in _NOT_SAID else "false" if bare in _CLOSED else "true"


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
