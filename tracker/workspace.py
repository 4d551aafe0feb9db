"""The Python door: a workspace with the same capabilities as the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from forecasts.errors import TrackerError
from forecasts.forecasting.fitting import fit_models
from forecasts.forecasting.forecast import DEFAULT_MODELS, Forecast, forecast_gap
from forecasts.forecasting.influence import leave_one_out
from forecasts.forecasting.panel import build_panel, learn_pool
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.definitions import definitions_table
from forecasts.measures.difference import Difference
from forecasts.measures.frontier import frontier, records_table, to_day
from forecasts.measures.gap import Gap, Period, measure_gap
from forecasts.measures.period import Quarter, make_span, measure_quarter, with_versions
from forecasts.measures.vintage import Vintage, known_models, latest_statements
from forecasts.verification.backtest import Backtest
from models.contract import FloatArray
from tracker.analysis import issued_forecasts as ledger
from tracker.analysis.backtesting import run_backtest
from tracker.catalogue import Catalogue
from tracker.index_view import Known, checked_vintage, choose_index, known_of, refuse_empty
from tracker.queries import listing as queries
from tracker.queries.status import read_status
from tracker.recording import correct as corrections
from tracker.recording.importing import MAIN_INDEX, MAIN_VERSION, ImportResult, import_files
from tracker.recording.log import LogResult, log_release
from tracker.settings import FILE, Settings, find_workspace, read_settings, render_settings
from tracker.store.observations import Merged, Store
from tracker.store.segments import is_folder_of_segments, make_folder, write_atomically


def open_workspace(
    path: str | Path | None = None,
    *,
    skip_damaged: bool = False,
    recorded_before: datetime | None = None,
) -> "Workspace":
    """The workspace at `path`, or the nearest at or above the current folder.

    With `recorded_before` (an aware moment) every result is the one it gave just before then.
    Raises TrackerError when there is none or its settings cannot be read.
    """
    folder = find_workspace(Path.cwd()) if path is None else Path(path)
    if folder is None or not (folder / FILE).is_file():
        where = "here or in any folder above" if path is None else f"in {path}"
        raise TrackerError(
            f"There is no workspace {where} (no {FILE}).",
            "Make one with `tracker init`, or name one with --workspace DIR.",
            code="no_workspace",
        )
    store = Store(folder / "observations", skip_damaged, recorded_before)
    return Workspace(folder, read_settings(folder / FILE), store)


def create_workspace(path: str | Path, *, demo: bool = False) -> "Workspace":
    """A new workspace at `path`, filled with the bundled data if `demo`.

    Raises TrackerError when there is one already.
    """
    folder = Path(path)
    if (folder / FILE).exists():
        raise TrackerError(
            f"{folder} is a workspace already.",
            "Use it as it is, or choose another folder.",
            code="workspace_exists",
        )
    settings = Settings(index=MAIN_INDEX, version=MAIN_VERSION) if demo else Settings()
    workspace = Workspace(folder, settings, Store(folder / "observations"))
    make_folder(workspace.store.folder)
    if demo:
        workspace.store.append(workspace.catalogue.observations())
    write_atomically(folder / FILE, render_settings(settings).encode())
    return workspace


@dataclass(frozen=True)
class Workspace:
    """A folder of settings and observations.

    Every method reads the store anew. Options left out take the workspace's settings, else the
    index with most observations and its version seen last, and as-of the last `observed_on`.
    """

    folder: Path
    settings: Settings
    store: Store
    catalogue: Catalogue = field(default_factory=Catalogue)

    def choose_index(
        self, indices: pl.DataFrame, index: str | None = None, version: str | None = None
    ) -> tuple[str, str]:
        """Name and version of the index meant among `indices` (those of a snapshot).

        Raises when there are none, or none of that name or version.
        """
        return choose_index(indices, self.settings, index, version, self.store.recorded_before)

    def observations(self, index: str | None = None, version: str | None = None) -> pl.DataFrame:
        """Current rows of one version of one index."""
        snapshot = self.store.snapshot()
        name, chosen = self.choose_index(snapshot.indices, index, version)
        return snapshot.current(pl.col("index_name") == name, pl.col("index_version") == chosen)

    def known(
        self, index: str | None, version: str | None, as_of: date | None, vintage: str
    ) -> Known:
        """What counts of one version of one index as of a day (the last observed)."""
        snapshot = self.store.snapshot()
        chosen = self.choose_index(snapshot.indices, index, version)
        return refuse_empty(known_of(snapshot, *chosen, as_of, vintage), snapshot)

    def list(self, **filters: Any) -> pl.DataFrame:
        """Current observations; see `tracker.queries.listing.list_observations` for the filters."""
        return queries.list_observations(self, **filters)

    def history(self, model: str) -> pl.DataFrame:
        """Every row of a model with what became of it; see `tracker.queries.listing.history`."""
        return queries.history(self, model)

    def log(self, model: str, value: float, **facts: Any) -> LogResult:
        """Record one observation; see `tracker.recording.log.log_release` for the facts."""
        return log_release(self, model, value, **facts)

    def import_files(
        self, source: str, files: Sequence[Path | str], **options: Any
    ) -> ImportResult:
        """Import files of one source; see `import_files` for the options."""
        return import_files(self, source, [Path(f) for f in files], **options)

    def correct(self, observation_id: str, **changes: object) -> str:
        """Supersede an observation with changed columns; returns the id of the new row."""
        return corrections.correct(self, observation_id, changes)

    def retract(self, observation_id: str, reason: str) -> str:
        """Take an observation back; returns the id of the retraction."""
        return corrections.retract(self, observation_id, reason)

    def merge(self, other: str | Path, *, dry_run: bool = False) -> Merged:
        """Take over every row of another copy of a workspace (its folder, or its segments')."""
        folder = Path(other)
        inner = folder / "observations"
        if not inner.is_dir() and not is_folder_of_segments(folder):
            raise TrackerError(
                f"{folder} is neither a workspace nor a folder of segments.",
                "Name the folder of the other workspace.",
                "no_workspace",
            )
        return self.store.merge(
            Store(inner if inner.is_dir() else folder, self.store.skip_damaged), dry_run=dry_run
        )

    def as_recorded_before(self, moment: datetime) -> "Workspace":
        """The same workspace as it was known just before a moment (an aware one)."""
        store = Store(self.store.folder, self.store.skip_damaged, moment)
        return replace(self, store=store)

    def diff(self, before: date | datetime, after: date | datetime, **options: Any) -> Difference:
        """What changed between two days or moments; see `tracker.queries.listing.diff`."""
        return queries.diff(self, before, after, **options)

    def records(
        self,
        blocs: Sequence[str] | None = None,
        *,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
    ) -> pl.DataFrame:
        """Records of each bloc (leader and follower if none is named) by date."""
        known = self.known(index, version, as_of, vintage)
        models = known_models(known.rows, known.as_of, known.vintage)
        specs = blocs or (self.settings.leader, self.settings.follower)
        return records_table(
            [frontier(models, parse_bloc(self.with_lab_names(spec))) for spec in specs]
        )

    def gap(
        self,
        *,
        leader: str | None = None,
        follower: str | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        tolerance: float | None = None,
        by: Period = "month",
    ) -> Gap:
        """The gap of two blocs."""
        known = self.known(index, version, as_of, vintage)
        return measure_gap(
            known.rows,
            leader=self.with_lab_names(leader or self.settings.leader),
            follower=self.with_lab_names(follower or self.settings.follower),
            as_of=known.as_of,
            vintage=known.vintage,
            tolerance=self.settings.tolerance if tolerance is None else tolerance,
            by=by,
        )

    def quarter(
        self,
        quarter: str | None = None,
        *,
        first: date | None = None,
        last: date | None = None,
        as_of: date | None = None,
        blocs: Sequence[str] = (),
        leader: str | None = None,
        follower: str | None = None,
        index: str | None = None,
        version: str | None = None,
        vintage: Vintage = "final",
        tolerance: float | None = None,
        all_versions: bool = False,
    ) -> Quarter:
        """One quarter such as 2026Q2, or the days from `first` to `last` (else the last quarter).

        `as_of` looks from a day of its quarter; `blocs` are all that are compared.
        """
        # Under `final` the latest statements serve every day; `real` needs what was known on two.
        if vintage == "final":
            rows = self.known(index, version, None, vintage).rows
        else:
            rows = self.observations(index, version)
        newest: date = as_of or rows["observed_on"].max()  # type: ignore[assignment]
        found = measure_quarter(
            rows,
            make_span(quarter, first=first, last=last, newest=newest),
            leader=self.with_lab_names(leader or self.settings.leader),
            follower=self.with_lab_names(follower or self.settings.follower),
            blocs=[self.with_lab_names(spec) for spec in blocs],
            vintage=checked_vintage(vintage),
            tolerance=self.settings.tolerance if tolerance is None else tolerance,
            as_of=as_of,
        )
        if not all_versions:
            return found
        of_index = pl.col("index_name") == found.gap.index_name
        return with_versions(found, self.store.snapshot().current(of_index))

    def definitions(self, gap: Gap) -> pl.DataFrame:
        """Every published definition of the gap on the data of `gap`."""
        known = self.catalogue.index_version(gap.index_name, gap.index_version)
        return definitions_table(gap, None if known is None else known.ratio_scale)

    def forecast(
        self,
        *,
        leader: str | None = None,
        follower: str | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        tolerance: float | None = None,
        models: Sequence[str] = (),
        horizon_months: int = 24,
        draws: int = 10_000,
        seed: int | None = None,
        definition: str = "level",
        hold_days: int = 0,
        pool: FloatArray | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Forecast:
        """Joint forecast of two frontiers and of the closing of their gap.

        `pool` is what `Workspace.pool` gave for the same day and vintage, learnt anew if left out.
        """
        known = self.known(index, version, as_of, vintage)
        return forecast_gap(
            known.rows,
            leader=self.with_lab_names(leader or self.settings.leader),
            follower=self.with_lab_names(follower or self.settings.follower),
            as_of=known.as_of,
            vintage=known.vintage,
            tolerance=self.settings.tolerance if tolerance is None else tolerance,
            models=models or self.settings.models or DEFAULT_MODELS,
            horizon_months=horizon_months,
            draws=draws,
            seed=self.settings.seed if seed is None else seed,
            ceiling=self.ceilings().get((known.index_name, known.index_version)),
            pool=self.pool(known.as_of, known.vintage) if pool is None else pool,
            definition=definition,
            hold_days=hold_days,
            progress=progress,
        )

    def issue(self, note: str = "", **options: Any) -> ledger.IssueResult:
        """Make a forecast with the options of `forecast` and keep it in the ledger."""
        return ledger.issue_forecast(self, note, **options)

    def issued(self) -> ledger.Ledger:
        """Every forecast that was issued."""
        store = self.store
        return ledger.read_ledger(
            self.folder / ledger.FOLDER, store.skip_damaged, store.recorded_before
        )

    def score_issued(self, forecasts: Sequence[str] = ()) -> ledger.ScoredLedger:
        """Score issued forecasts (all if no id is named) against what came."""
        return ledger.score_ledger(self, forecasts)

    def influence(
        self,
        forecast: Forecast,
        progress: Callable[[str], None] = lambda _: None,
        *,
        since: date | None = None,
        pool: FloatArray | None = None,
    ) -> pl.DataFrame:
        """Which single release moves `forecast` most; see `forecasts.forecasting.influence`."""
        known = self.known(
            forecast.index_name, forecast.index_version, forecast.as_of, forecast.vintage
        )
        return leave_one_out(
            known.rows,
            forecast,
            progress,
            since=since,
            ceiling=self.ceilings().get((forecast.index_name, forecast.index_version)),
            pool=self.pool(forecast.as_of, forecast.vintage) if pool is None else pool,
        )

    def ceilings(self) -> dict[tuple[str, str], float | None]:
        """Upper bounds of the index versions that the catalogue knows."""
        known = self.catalogue.index_versions
        names, versions = known["index_name"], known["index_version"]
        return dict(zip(zip(names, versions, strict=True), known["high"], strict=True))

    def pool(self, as_of: date, vintage: Vintage) -> FloatArray:
        """What all frontiers of this workspace had taught by `as_of`, for pooled growth."""
        rows = latest_statements(self.store.snapshot().standing, as_of, vintage)
        members = build_panel(rows, self.ceilings(), as_of, vintage)
        return learn_pool(members, to_day(as_of))

    def backtest(self, **options: Any) -> Backtest:
        """Rolling-origin backtest; see `run_backtest` for the options."""
        return run_backtest(self, **{"seed": self.settings.seed, **options})

    def fit(
        self,
        *,
        models: Sequence[str] = (),
        leader: str | None = None,
        follower: str | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
    ) -> pl.DataFrame:
        """Fitted parameters: model, parameter, estimate, stderr, unit."""
        known = self.known(index, version, as_of, vintage)
        return fit_models(
            known.rows,
            leader=self.with_lab_names(leader or self.settings.leader),
            follower=self.with_lab_names(follower or self.settings.follower),
            as_of=known.as_of,
            vintage=known.vintage,
            models=models or self.settings.models or DEFAULT_MODELS,
            ceiling=self.ceilings().get((known.index_name, known.index_version)),
            pool=self.pool(known.as_of, known.vintage),
        )

    def chart(self, name: str, file: str | Path, subject: Any = None, **choice: Any) -> Path:
        """Draw one chart to a file; see `tracker.charts.subjects.draw_chart` for the choice.

        `subject` is what to draw; left out, it is made by the choice.
        """
        from tracker.charts.subjects import draw_chart

        return draw_chart(self, name, Path(file), subject, **choice)

    def attribution(self, subject: Any) -> str:
        """Sources of the observations behind a result, for people."""
        measured = subject.gap if isinstance(subject, Quarter) else subject
        rows = self.observations(measured.index_name, measured.index_version)
        named = {"artificial-analysis": "Artificial Analysis (artificialanalysis.ai)"}
        sources = sorted({named.get(str(s), str(s)) for s in rows["source"].unique()})
        return ", ".join(sources[:4]) + (
            f" and {len(sources) - 4} more" if len(sources) > 4 else ""
        )

    def status(self) -> dict[str, object]:
        """What the workspace holds, in numbers; see `tracker.queries.status`."""
        return read_status(self)

    def known_labs(self) -> dict[str, str]:
        """Countries of labs as the observations last had them, for labs the catalogue lacks."""
        stated = (
            self.store.snapshot()
            .standing.group_by("lab", "country")
            .agg(pl.col("observed_on").max())
            .collect(engine="streaming")
        )
        latest = stated.sort("observed_on", "country").group_by("lab").agg(pl.col("country").last())
        return dict(latest.iter_rows())

    def lab_name(self, lab: str) -> str:
        """The common name of a lab known by any of its names, else the name itself."""
        known = self.catalogue.lab(lab)
        return lab if known is None else known.name

    def with_lab_names(self, bloc: str) -> str:
        """A bloc with the common names of its labs."""
        parts = [[t.strip() for t in part.split("+")] for part in bloc.split(",")]
        return ",".join(
            "+".join(
                f"lab:{self.lab_name(t[4:].strip())}" if t.lower().startswith("lab:") else t
                for t in part
            )
            for part in parts
        )


def today() -> date:
    """Today in UTC."""
    return datetime.now(UTC).date()
