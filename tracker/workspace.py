"""The Python door: a workspace with the same capabilities as the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

import polars as pl

from forecasts.errors import TrackerError
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.difference import Difference
from forecasts.measures.gap import Gap, Period
from forecasts.measures.index_spec import IndexSpec, NaturalScale
from forecasts.measures.period import Quarter
from forecasts.measures.pooled_lag import AllIndices
from forecasts.measures.smallest import Size, Smallest
from forecasts.request import (
    BacktestRequest,
    ClosureRule,
    Definition,
    ForecastRequest,
    Pair,
    PeriodRequest,
    Scope,
    Shared,
    Vintage,
)
from forecasts.verification.backtest import Backtest
from models.contract import Learnt
from tracker.analysis import backtesting, forecasting, issued_forecasts, measuring
from tracker.analysis.all_indices import lags_of_all
from tracker.analysis.linking import LinkRequest, LinkResult, Links, link_versions, links_between
from tracker.catalogue import Catalogue
from tracker.index_specs import INDICES, set_index
from tracker.own_catalogue import OwnCatalogue
from tracker.queries import facts, listing
from tracker.queries.difference import difference
from tracker.queries.indices import list_indices
from tracker.queries.names import list_families, list_labs
from tracker.queries.status import read_status
from tracker.recording import correct, describe, undo
from tracker.recording.explaining import Explanation, explain
from tracker.recording.importing import (
    MAIN_INDEX,
    ImportRequest,
    ImportResult,
    import_files,
)
from tracker.recording.log import LogResult, Release, log_release
from tracker.recording.merge import MergeResult, merge
from tracker.recording.naming import add_family, add_lab
from tracker.recording.pull import PullRequest, PullResult, pull
from tracker.recording.rename import rename
from tracker.settings import FILE, Settings, find_workspace, read_settings, render_settings
from tracker.sources.contract import OptionValue
from tracker.sources.file import SourceFile
from tracker.store.atomic import make_folder, write_atomically
from tracker.store.ledger import Ledger
from tracker.store.observations import Store
from tracker.store.outputs import refuse_store
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]


class Correction(TypedDict, total=False):
    """The columns that a correction may change; None takes a value away that need not be there."""

    model: str
    lab: str
    country: str
    released_on: date | str | None
    index_name: str
    index_version: str
    value: float
    stderr: float | None
    observed_on: date
    source: str
    source_url: str | None
    open_weights: bool | None
    reasoning: bool | None
    estimated: bool | None
    note: str | None


class Described(TypedDict, total=False):
    """What may be said of an index; see `forecasts.measures.index_spec.IndexSpec`."""

    low: float
    high: float
    unit: str
    scale: NaturalScale
    true_zero: bool
    decimals: int


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
            "Make one with `tracker init`, or name one with `path` DIR.",
            code="no_workspace",
        )
    store = Store(folder / "observations", skip_damaged, recorded_before)
    known = Catalogue(own=OwnCatalogue(folder, recorded_before))
    return Workspace(WorkspaceData(folder, read_settings(folder / FILE), store, known))


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
    refuse_store(folder / FILE)
    settings = Settings(index=MAIN_INDEX) if demo else Settings()
    known = Catalogue(own=OwnCatalogue(folder))
    data = WorkspaceData(folder, settings, Store(folder / "observations"), known)
    make_folder(data.store.folder)
    if demo:
        _fill(data)
    write_atomically(folder / FILE, render_settings(settings).encode())
    return Workspace(data)


def _fill(data: WorkspaceData) -> None:
    """Record the bundled observations: of some days whole boards, of others and of pages what they
    state."""
    rows = data.store.append(data.catalogue.observations())
    keys = ["source", "index_version", "observed_on"]
    boards = rows.join(data.catalogue.sweeps, on=keys, how="semi")
    for (source, _, day), board in boards.group_by(keys, maintain_order=True):
        data.imports.record(board, "bundled", [f"{source}, {day}"], whole=True)
    others = rows.join(data.catalogue.sweeps, on=keys, how="anti")
    data.imports.record(others, "bundled", ["changes and published pages"], whole=False)


@dataclass(frozen=True)
class Workspace:
    """A folder of settings and observations.

    Every method reads the store anew. Options left out take the workspace's settings, else the
    index with most observations and its version seen last, and as-of the last `observed_on`.
    What each option means is said by the requests of `forecasts.request`.
    """

    data: WorkspaceData

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.data.folder

    @property
    def settings(self) -> Settings:
        """What its tracker.toml says."""
        return self.data.settings

    @property
    def store(self) -> Store:
        """Its observations."""
        return self.data.store

    @property
    def catalogue(self) -> Catalogue:
        """What is known of labs, indices and events."""
        return self.data.catalogue

    def as_recorded_before(self, moment: datetime) -> "Workspace":
        """The same workspace as it was known just before a moment (an aware one)."""
        return Workspace(self.data.as_recorded_before(moment))

    def observations(self, index: str | None = None, version: str | None = None) -> pl.DataFrame:
        """Current rows of one version of one index."""
        return self.data.observations(index, version)

    def list(
        self,
        *,
        bloc: str | None = None,
        lab: str | None = None,
        since: date | None = None,
        until: date | None = None,
        text: str | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
    ) -> pl.DataFrame:
        """Current observations; see `listing.Filters`."""
        filters = listing.Filters(bloc, lab, since, until, text, index, version, as_of)
        return listing.list_observations(self.data, filters)

    def history(self, model: str) -> pl.DataFrame:
        """Every row of a model with what became of it; see `listing.history`."""
        return listing.history(self.data, model)

    def indices(self) -> pl.DataFrame:
        """Every version of every index that is known; see `queries.indices.list_indices`."""
        return list_indices(self.data)

    def set_index(self, name: str, **said: Unpack[Described]) -> IndexSpec:
        """Say something of an index, for all its versions; see `tracker.index_specs.set_index`."""
        return set_index(self.folder / INDICES, self.catalogue, name, said)

    def link(
        self,
        source: str,
        target: str,
        *,
        index: str | None = None,
        as_of: date | None = None,
        method: str | None = None,
    ) -> LinkResult:
        """A link from one version of an index to another; see `analysis.linking`."""
        return link_versions(self.data, LinkRequest(index, source, target, as_of, method))

    def links(
        self,
        *,
        index: str | None = None,
        as_of: date | None = None,
        progress: Progress = lambda _: None,
    ) -> Links:
        """Every link between two versions of an index; see `analysis.linking`."""
        return links_between(self.data, index, as_of, progress)

    def status(self) -> dict[str, object]:
        """What the workspace holds, in numbers."""
        return read_status(self.data)

    def log(
        self,
        model: str,
        value: float | str,
        *,
        lab: str | None = None,
        country: str | None = None,
        released_on: date | str | None = None,
        observed_on: date | None = None,
        index: str | None = None,
        version: str | None = None,
        stderr: float | str | None = None,
        source: str = "manual",
        source_url: str | None = None,
        open_weights: bool | None = None,
        reasoning: bool | None = None,
        estimated: bool = False,
        note: str | None = None,
        outside_bounds: bool = False,
    ) -> LogResult:
        """Record one observation; see `tracker.recording.log.Release`."""
        release = Release(
            model, value, lab, country, released_on, observed_on, index, version, stderr, source,
            source_url, open_weights, reasoning, estimated, note, outside_bounds,
        )  # fmt: skip
        return log_release(self.data, release)

    def import_files(
        self,
        source: str,
        files: Sequence[Path | str | SourceFile],
        *,
        index: str | None = None,
        version: str | None = None,
        observed_on: date | None = None,
        keep_good: bool = False,
        same_version: bool = False,
        accept: Sequence[str] = (),
        force_version: bool = False,
        whole: bool = False,
        dry_run: bool = False,
        outside_bounds: bool = False,
        yes: bool = False,
        **options: OptionValue,
    ) -> ImportResult:
        """Import files of one source; see `tracker.recording.importing.ImportRequest`.

        `options` are those of the source's own, such as `mapping={"value": "score"}` of `csv` or
        `prices=True` of `aa`: `tracker.sources.options_of` lists them.
        """
        read = tuple(f if isinstance(f, SourceFile) else SourceFile(Path(f)) for f in files)
        request = ImportRequest(
            source,
            read,
            index,
            version,
            observed_on,
            options,
            keep_good,
            same_version,
            tuple(accept),
            force_version,
            whole,
            dry_run,
            outside_bounds,
            yes,
        )
        return import_files(self.data, request)

    def explain_table(
        self,
        source: str,
        file: str | Path | SourceFile,
        *,
        index: str | None = None,
        version: str | None = None,
        observed_on: date | None = None,
        **options: OptionValue,
    ) -> Explanation:
        """What `import_files` would make of a table, recording nothing."""
        read = file if isinstance(file, SourceFile) else SourceFile(Path(file))
        request = ImportRequest(source, (read,), index, version, observed_on, options)
        return explain(self.data, request)

    def pull(
        self,
        source: str,
        *,
        address: str | None = None,
        base_url: str | None = None,
        key_file: Path | None = None,
        deadline: float = 120.0,
        max_bytes: int = 100_000_000,
        version: str | None = None,
        same_version: bool = False,
        accept: Sequence[str] = (),
        force_version: bool = False,
        yes: bool = False,
        dry_run: bool = False,
        progress: Progress = lambda text: None,
        **options: OptionValue,
    ) -> PullResult:
        """Fetch what a source publishes and record it; see `tracker.recording.pull.PullRequest`.

        `options` are those of the source's own, as of `import_files`.
        """
        request = PullRequest(
            source, address, base_url, key_file, deadline, max_bytes, version, options,
            same_version, tuple(accept), force_version, yes, dry_run,
        )  # fmt: skip
        return pull(self.data, request, progress)

    def correct(
        self, observation_id: str, *, outside_bounds: bool = False, **changes: Unpack[Correction]
    ) -> str:
        """Supersede an observation with changed columns; returns the id of the new row."""
        return correct.correct(
            self.data, observation_id, dict(changes), outside_bounds=outside_bounds
        )

    def retract(self, observation_id: str, reason: str) -> str:
        """Take an observation back; returns the id of the retraction."""
        return correct.retract(self.data, observation_id, reason)

    def retract_all(
        self,
        reason: str,
        *,
        import_id: str | None = None,
        source: str | None = None,
        observed_on: date | None = None,
        index: str | None = None,
        version: str | None = None,
        dry_run: bool = False,
    ) -> undo.UndoPlan:
        """Take back what one import alone stated, or the rows of a source or a day; see
        `tracker.recording.undo.Undo`. With `dry_run` only say what that would do."""
        asked = undo.Undo(reason, import_id, source, observed_on, index, version)
        plan = undo.plan_undo(self.data, asked)
        return plan if dry_run else undo.carry_out(self.data, plan)

    def facts(
        self, model: str | None = None, *, name: str | None = None, as_of: date | None = None
    ) -> pl.DataFrame:
        """The latest of each fact of each model; see `tracker.queries.facts`."""
        return facts.list_facts(self.data, facts.FactFilters(model, name, as_of))

    def log_fact(
        self,
        model: str,
        name: str,
        value: float | str | bool,
        *,
        observed_on: date | None = None,
        source: str = "manual",
        source_url: str | None = None,
        note: str | None = None,
    ) -> str:
        """State a fact of a model; returns its id. See `tracker.recording.describe`."""
        said = describe.Statement(model, name, value, observed_on, source, source_url, note)
        return describe.state(self.data, said)[0]

    def correct_fact(
        self, fact_id: str, value: float | str | bool, *, note: str | None = None
    ) -> str:
        """Supersede a fact with another value; returns the id of the new row."""
        return describe.correct(self.data, fact_id, value, note)

    def retract_fact(self, fact_id: str, reason: str) -> str:
        """Take a fact back; returns the id of the retraction."""
        return describe.retract(self.data, fact_id, reason)

    def alias(self, old: str, new: str, start: date) -> bool:
        """From a day on the observations of `old` count as of `new`; see `tracker.aliases`."""
        return rename(self.data, old, new, start)

    def labs(self) -> pl.DataFrame:
        """Every lab that is known; see `tracker.queries.names.list_labs`."""
        return list_labs(self.data)

    def families(self) -> pl.DataFrame:
        """Every known beginning of a model's name; see `tracker.queries.names.list_families`."""
        return list_families(self.data)

    def add_lab(
        self, lab: str, *, countries: Sequence[str] = (), aliases: Sequence[str] = ()
    ) -> bool:
        """Say what a lab is called and where it is; see `tracker.recording.naming.add_lab`."""
        return add_lab(self.data, lab, countries, aliases)

    def add_family(self, prefix: str, lab: str) -> bool:
        """Say whose models that begin so are; see `tracker.recording.naming.add_family`."""
        return add_family(self.data, prefix, lab)

    def merge(self, other: str | Path, *, dry_run: bool = False) -> MergeResult:
        """Take over every row of another copy of a workspace (its folder, or its segments')."""
        return merge(self.data, Path(other), dry_run=dry_run)

    def diff(
        self,
        before: date | datetime,
        after: date | datetime,
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
        tolerance: float | None = None,
        as_of: date | None = None,
    ) -> Difference:
        """What changed between two days or moments; see `tracker.queries.difference`."""
        scope, pair = (
            Scope(index, version, as_of, vintage, no_link=no_link),
            Pair(leader, follower, shared),
        )
        return difference(self.data, before, after, scope, pair, tolerance)

    def records(
        self,
        blocs: Sequence[str] | None = None,
        *,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
        shared: Shared | None = None,
    ) -> pl.DataFrame:
        """Records of each bloc (leader and follower if none is named) by date.

        The first two are a pair: `shared` says what models of both count for.
        """
        scope = Scope(index, version, as_of, vintage, no_link=no_link)
        return measuring.bloc_records(self.data, blocs or (), scope, shared)[0]

    def smallest(
        self,
        levels: Sequence[float],
        blocs: Sequence[str] | None = None,
        *,
        of: Size = "params",
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
    ) -> Smallest:
        """The smallest models of each bloc that reach each level, over time; see
        `forecasts.measures.smallest`."""
        scope = Scope(index, version, as_of, vintage)
        return measuring.smallest_of(self.data, blocs or (), scope, levels, of)[0]

    def gap(
        self,
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
        tolerance: float | None = None,
        by: Period = "month",
    ) -> Gap:
        """The gap of two blocs."""
        scope, pair = (
            Scope(index, version, as_of, vintage, no_link=no_link),
            Pair(leader, follower, shared),
        )
        return measuring.gap_of(self.data, scope, pair, tolerance, by)

    def all_indices(
        self,
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        tolerance: float | None = None,
    ) -> AllIndices:
        """The gap and the lag on every index, each on the last day to which it is known."""
        scope, pair = Scope(as_of=as_of, vintage=vintage), Pair(leader, follower, shared)
        return lags_of_all(self.data, scope, pair, tolerance)

    def quarter(
        self,
        quarter: str | None = None,
        *,
        first: date | None = None,
        last: date | None = None,
        as_of: date | None = None,
        blocs: Sequence[str] = (),
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        vintage: Vintage = "final",
        no_link: bool = False,
        tolerance: float | None = None,
        all_versions: bool = False,
    ) -> Quarter:
        """One quarter such as 2026Q2, or the days from `first` to `last` (else the last quarter).

        `as_of` looks from a day of its quarter; `blocs` are all that are compared.
        """
        request = PeriodRequest(
            Scope(index, version, as_of, vintage, no_link=no_link), Pair(leader, follower, shared),
            tolerance, quarter, first, last, tuple(blocs), all_versions,
        )  # fmt: skip
        return measuring.period_of(self.data, request)

    def definitions(self, gap: Gap) -> pl.DataFrame:
        """Every published definition of the gap on the data of `gap`."""
        return measuring.definitions_of(self.data, gap)

    def forecast(
        self,
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
        tolerance: float | None = None,
        definition: Definition = "level",
        hold_days: int = 0,
        models: Sequence[str] = (),
        horizon_months: int = 24,
        draws: int = 10_000,
        seed: int | None = None,
        today: date | None = None,
        progress: Progress = lambda _: None,
    ) -> Forecast:
        """Joint forecast of two frontiers and of the closing of their gap."""
        request = ForecastRequest(
            Scope(index, version, as_of, vintage, no_link=no_link), Pair(leader, follower, shared),
            ClosureRule(tolerance, definition, hold_days),
            tuple(models), horizon_months, draws, seed, today,
        )  # fmt: skip
        return forecasting.forecast_of(self.data, request, progress)

    def chart(
        self,
        name: str,
        file: str | Path,
        subject: Any = None,
        *,
        quarter: str | None = None,
        first: date | None = None,
        last: date | None = None,
        as_of: date | None = None,
        blocs: Sequence[str] = (),
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        vintage: Vintage | None = None,
        no_link: bool = False,
        tolerance: float | None = None,
        all_versions: bool = False,
        models: Sequence[str] = (),
        horizon_months: int | None = None,
        draws: int | None = None,
        seed: int | None = None,
        today: date | None = None,
        size: tuple[float, float] | None = None,
        progress: Progress = lambda _: None,
    ) -> Path:
        """Draw one chart to a .png, .svg or .pdf file of `size` (width, height) in inches.

        `subject` is what to draw, such as a gap or a forecast; left out, it is made as asked.
        """
        from tracker.charts.figures import draw_chart
        from tracker.charts.request import ChartRequest

        period = PeriodRequest(
            Scope(index, version, as_of, no_link=no_link), Pair(leader, follower, shared),
            tolerance, quarter, first, last, tuple(blocs), all_versions,
        )  # fmt: skip
        request = ChartRequest(period, vintage, tuple(models), horizon_months, draws, seed, today)
        return draw_chart(
            self.data, name, Path(file), subject, request=request, size=size, progress=progress
        )

    def report(
        self,
        quarter: str,
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        vintage: Vintage = "final",
        no_link: bool = False,
        tolerance: float | None = None,
        models: Sequence[str] = (),
        seed: int | None = None,
        today: date | None = None,
        progress: Progress = lambda _: None,
    ) -> str:
        """The report of a quarter such as 2026Q2: HTML, the same bytes for the same store."""
        from tracker.report import ReportRequest, build_report

        forecast = ForecastRequest(
            Scope(index, version, vintage=vintage, no_link=no_link), Pair(leader, follower, shared),
            ClosureRule(tolerance), tuple(models), seed=seed, today=today,
        )  # fmt: skip
        return build_report(self.data, ReportRequest(quarter, forecast), progress)

    def fit(
        self,
        *,
        models: Sequence[str] = (),
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
    ) -> pl.DataFrame:
        """Fitted parameters: model, parameter, estimate, stderr, unit."""
        scope, pair = (
            Scope(index, version, as_of, vintage, no_link=no_link),
            Pair(leader, follower, shared),
        )
        return forecasting.fit_of(self.data, scope, pair, models)[0]

    def influence(
        self,
        forecast: Forecast,
        progress: Progress = lambda _: None,
        *,
        since: date | None = None,
    ) -> pl.DataFrame:
        """Which single release moves `forecast` most; see `forecasts.forecasting.influence`."""
        return forecasting.influence_of(self.data, forecast, progress, since=since)

    def learnt(self, models: Sequence[str], as_of: date, vintage: Vintage) -> Learnt:
        """What all frontiers of this workspace had taught those of `models` that learn."""
        return self.data.learnt(models, as_of, vintage)

    def backtest(
        self,
        *,
        models: Sequence[str] = (),
        horizons: Sequence[int] = (),
        panel: bool = False,
        every: str = "month",
        first: date | None = None,
        last: date | None = None,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "final",
        draws: int = 500,
        seed: int | None = None,
        jobs: int = 1,
        scheduler: str | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Backtest:
        """Rolling-origin backtest, in `jobs` processes or on a Dask `scheduler`."""
        request = BacktestRequest(
            Scope(index, version, as_of, vintage), Pair(leader, follower, shared), tuple(models),
            tuple(horizons), panel, every, first, last, draws, seed,
        )  # fmt: skip
        return backtesting.run_backtest(self.data, request, jobs, scheduler, progress)

    def issue(
        self,
        note: str = "",
        *,
        leader: str = "",
        follower: str = "",
        shared: Shared | None = None,
        index: str | None = None,
        version: str | None = None,
        as_of: date | None = None,
        vintage: Vintage = "real",
        no_link: bool = False,
        tolerance: float | None = None,
        definition: Definition = "level",
        hold_days: int = 0,
        models: Sequence[str] = (),
        horizon_months: int = 24,
        draws: int = 10_000,
        seed: int | None = None,
        today: date | None = None,
        progress: Progress = lambda _: None,
    ) -> issued_forecasts.IssueResult:
        """Make a forecast with the options of `forecast` and keep it in the ledger."""
        request = ForecastRequest(
            Scope(index, version, as_of, vintage, no_link=no_link), Pair(leader, follower, shared),
            ClosureRule(tolerance, definition, hold_days),
            tuple(models), horizon_months, draws, seed, today,
        )  # fmt: skip
        return issued_forecasts.issue_forecast(self.data, request, note, progress)

    def issued(self) -> Ledger:
        """Every forecast that was issued."""
        return issued_forecasts.issued_in(self.data)

    def score_issued(self, forecasts: Sequence[str] = ()) -> issued_forecasts.ScoredLedger:
        """Score issued forecasts (all if no id is named) against what came."""
        return issued_forecasts.score_ledger(self.data, forecasts)
