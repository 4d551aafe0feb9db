"""What a workspace is made of, and what of it answers a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from forecasts.forecasting.panel import build_panel, learn_models
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import to_day
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.link_evidence import WEIGHTS
from forecasts.measures.linked import LINKED_FROM
from forecasts.measures.precedence import precedence
from forecasts.measures.prices import PRICE_INDEX
from forecasts.measures.value_scale import ValueScale, value_scale
from forecasts.measures.view import IndexView
from forecasts.measures.vintage import known_models, latest_statements
from forecasts.request import DEFAULT_MODELS, ForecastRequest, Pair, Scope, Vintage
from models.contract import Learnt
from tracker.aliases import Aliases
from tracker.catalogue import Catalogue
from tracker.delisting import delisted
from tracker.index_specs import INDICES, index_spec, read_index_settings
from tracker.index_view import choose_index, refuse_empty, rows_of, view_of
from tracker.linked import IndexHistory, linked_rows
from tracker.settings import Settings
from tracker.sources.labs import commonly_named, described
from tracker.store.facts import FOLDER as FACTS
from tracker.store.facts import Facts
from tracker.store.imports import FOLDER, Imports
from tracker.store.observations import Snapshot, Store
from tracker.store.schema import Rows
from tracker.sweeps import day_of_now, surely_swept, sweeps_of, swept_until


@dataclass(frozen=True)
class WorkspaceData:
    """A folder of settings and observations. Everything is read from the store anew.

    `progress` is told what takes long.
    """

    folder: Path
    settings: Settings
    store: Store
    catalogue: Catalogue = field(default_factory=Catalogue)
    progress: Callable[[str], None] = lambda _: None

    def as_recorded_before(self, moment: datetime | None) -> "WorkspaceData":
        """The same workspace as it was known just before a moment (an aware one; None: now)."""
        if moment is None or moment == self.store.recorded_before:
            return self
        store = Store(self.store.folder, self.store.skip_damaged, moment)
        return replace(self, store=store, catalogue=self.catalogue.recorded_before(moment))

    @property
    def imports(self) -> Imports:
        """The records of what was imported."""
        store = self.store
        return Imports(self.folder / FOLDER, store.skip_damaged, store.recorded_before)

    @property
    def facts(self) -> Facts:
        """What is said of models beside their values."""
        store = self.store
        return Facts(self.folder / FACTS, store.skip_damaged, store.recorded_before)

    @property
    def precedence(self) -> pl.Expr:
        """The rank of observations by source: the settings' order, then the index's publisher."""
        return precedence(self.settings.sources, self.catalogue.publishers)

    def described(self, rows: Rows, until: date | None = None) -> Rows:
        """Observations with labs by their common names, and with what other rows of their models
        and the catalogue say where their own index says nothing; see `tracker.sources.labs`.

        Of other rows those observed by `until` count: what was said later was not known then.
        """
        catalogue = self.catalogue

        def standing() -> pl.LazyFrame:
            found = self.store.snapshot().standing
            by = pl.lit(True) if until is None else pl.col("observed_on") <= until
            return commonly_named(found.filter(by), catalogue)

        named = commonly_named(rows, catalogue)
        return described(named, standing, catalogue, lambda: self.known_labs(until))

    def as_counted(self, rows: Rows, until: date | None = None) -> Rows:
        """Observations, `described` by what was known on a day, and `ranked`."""
        return self.ranked(self.described(rows, until))

    def ranked(self, rows: Rows) -> Rows:
        """Observations with what decides how they count: the rank of their source, what was known
        of their models and what these count as, and, if the settings drop them, when these left
        the board."""
        ranked: pl.LazyFrame = rows.lazy().with_columns(self.precedence)
        facts = self.facts.stages()
        if facts.height:
            ranked = ranked.join(facts.lazy(), "model_key", "left", maintain_order="left")
        aliases = Aliases(self.folder, self.store.recorded_before).table()
        if aliases.height:
            ranked = ranked.join(aliases.lazy(), "model_key", "left", maintain_order="left")
        if self.settings.delisted == "drop":
            gone = self.delisted().drop("model").lazy()
            on = ["index_name", "index_version", "model_key"]
            ranked = ranked.join(gone, on, "left", maintain_order="left")
        return ranked if isinstance(rows, pl.LazyFrame) else ranked.collect()

    def delisted(self) -> pl.DataFrame:
        """Models that have left a board that lists everything; see `tracker.delisting`."""
        standing = self.store.snapshot().standing
        return delisted(standing, self.imports.facts(), self.sweeps())

    def choose_index(
        self,
        indices: pl.DataFrame,
        index: str | None = None,
        version: str | None = None,
        *,
        seen_by: date | None = None,
        seen_since: date | None = None,
    ) -> tuple[str, str]:
        """Name and version of the index meant among `indices` (those of a snapshot).

        Raises when there are none, or none of that name or version.
        """
        return choose_index(
            indices, self.settings, index, version, self.store.recorded_before,
            seen_by=seen_by, seen_since=seen_since,
        )  # fmt: skip

    def index_of(self, scope: Scope) -> tuple[str, str]:
        """Name and version of the index that `scope` means."""
        by = scope.as_of if scope.vintage == "real" else None
        indices = self.store.snapshot().indices
        return self.choose_index(indices, scope.index, scope.version, seen_by=by)

    def observations(self, index: str | None = None, version: str | None = None) -> pl.DataFrame:
        """Current rows of one version of one index."""
        snapshot = self.store.snapshot()
        name, chosen = self.choose_index(snapshot.indices, index, version)
        return snapshot.current(pl.col("index_name") == name, pl.col("index_version") == chosen)

    def sweeps(self) -> pl.DataFrame:
        """The days on which each index version was seen whole; see `tracker.sweeps`."""
        standing = self.store.snapshot().standing
        complete = self.settings.complete_log
        return sweeps_of(standing, self.imports.facts(), complete_log=complete)

    def last_sweep(self, index: tuple[str, str]) -> date | None:
        """The last day on which an index version was seen whole, as `sweeps` has it."""
        if not self.settings.complete_log:
            of = {"index_name": index[0], "index_version": index[1]}
            rows = rows_of(self.store.snapshot(), index)
            sure, day = surely_swept(rows, self.imports.days().filter(**of))
            if sure:
                return day
        return swept_until(self.sweeps()).get(index)

    def view(self, scope: Scope, blocs: Sequence[str] = ()) -> IndexView:
        """What counts of the index version and day that `scope` asks for.

        Where it names no day: that of the last sweep, or on which a later change of the frontier
        of one of `blocs` (the pair of the settings if none is named) was observed.

        Raises:
            UsageError: there is no such index, version or vintage.
            TrackerError: nothing was known of it on that day.
        """
        data = self.as_recorded_before(scope.recorded_before)
        snapshot = data.store.snapshot()
        index = data.index_of(scope)
        vintage, day, sweeps = scope.checked().vintage, scope.as_of, data.sweeps()
        if day is None:
            day = data.day_of_now(index, sweeps, blocs)
        swept = swept_until(sweeps, day)
        view = data.view_on(
            snapshot, index, day, vintage, swept.get(index), no_link=scope.no_link,
            of_now=scope.as_of is None,
        )  # fmt: skip
        # A board that was seen whole on an earlier version was seen.
        seen = [swept.get((index[0], use.source)) for use in view.links]
        if view.swept_until is None:
            view = replace(view, swept_until=max(filter(None, seen), default=None))
        return refuse_empty(view, snapshot)

    def view_on(
        self,
        snapshot: Snapshot,
        index: tuple[str, str],
        as_of: date,
        vintage: Vintage,
        swept: date | None = None,
        *,
        no_link: bool = False,
        of_now: bool = False,
    ) -> IndexView:
        """What `snapshot` knows of one index version, with what the catalogue adds to it, and
        unless `no_link` with what other versions say of models that it does not have.

        By the vintage `real` models are described by what was said by that day, `of_now` by all
        that was said since. There may be no rows.
        """
        until = as_of if vintage == "real" and not of_now else None
        spec = self.index_spec(*index)
        view = view_of(snapshot, index, as_of, vintage, spec, swept, self.catalogue.seats)
        view = view.with_rows(self.as_counted(view.rows, until))
        return view if no_link else self._linked(snapshot, view, until)

    def _linked(self, snapshot: Snapshot, view: IndexView, until: date | None) -> IndexView:
        """A view with what other versions of its index say of models that it does not have.

        The links are as of its day by the vintage `real` (where its version was not yet seen by
        then, as of the last observation), else the newest.
        """
        name, version = view.index_name, view.index_version
        versions = snapshot.indices.filter(pl.col("index_name") == name)
        if versions.height < 2 or name.startswith(PRICE_INDEX):
            return view
        others = latest_statements(
            snapshot.standing.filter(
                pl.col("index_name") == name, pl.col("index_version") != version
            ),
            view.as_of,
            view.vintage,
        )
        if others.is_empty():
            return view
        last = versions["last_observed_on"].max()
        assert isinstance(last, date)
        day = view.as_of if view.vintage == "real" and view.rows.height else last
        found = linked_rows(
            self.history(snapshot, name),
            self.as_counted(others, until),
            view.rows, version, day,
            kept_in=self.folder, progress=self.progress,
        )  # fmt: skip
        if not found.uses:
            return view
        # A link goes on beyond the models that it was learnt from; the scale has its bounds.
        spec = view.spec
        moved = found.rows.with_columns(pl.col("value").clip(spec.low, spec.high))
        drawn = found.draws.with_columns(
            pl.col("values").list.eval(pl.element().clip(spec.low, spec.high))
        )
        rows = pl.concat([view.rows, moved.drop(LINKED_FROM).select(view.rows.columns)])
        return replace(view, rows=rows, links=found.uses, link_draws=drawn)

    def history(self, snapshot: Snapshot, index: str | None = None) -> IndexHistory:
        """All versions of an index, and what its components are measured by."""
        name, _ = self.choose_index(snapshot.indices, index)
        weights = self.weights(name)
        wanted = [name, *weights["measure"].drop_nulls().unique()]
        rows = snapshot.current(pl.col("index_name").is_in(wanted))
        return IndexHistory(name, self.as_counted(rows), weights)

    def day_of_now(
        self, index: tuple[str, str], sweeps: pl.DataFrame, blocs: Sequence[str] = ()
    ) -> date:
        """The day that an answer about now looks from, see `tracker.sweeps.day_of_now`."""
        specs = tuple(blocs) or (self.settings.leader, self.settings.follower)
        rows = self.as_counted(rows_of(self.store.snapshot(), index))
        last = swept_until(sweeps).get(index)
        wanted = [parse_bloc(self.with_lab_names(spec)) for spec in specs if spec]
        return day_of_now(rows, last, wanted) or date.min

    def pair(self, asked: Pair) -> Pair:
        """The two blocs and their rule with what the settings add, labs by their common names."""
        return Pair(
            self.with_lab_names(asked.leader or self.settings.leader),
            self.with_lab_names(asked.follower or self.settings.follower),
            asked.shared or self.settings.shared,
        )

    def tolerance(self, asked: float | None) -> float:
        """The tolerance in points, the settings' where none is asked for."""
        return self.settings.tolerance if asked is None else asked

    def models(self, asked: Sequence[str]) -> tuple[str, ...]:
        """Names of models, the settings' or the default where none is asked for."""
        return tuple(asked) or self.settings.models or DEFAULT_MODELS

    def seed(self, asked: int | None) -> int:
        """The seed, the settings' where none is asked for."""
        return self.settings.seed if asked is None else asked

    def resolved(self, request: ForecastRequest, view: IndexView) -> ForecastRequest:
        """`request` on `view` with everything that it leaves out filled in."""
        return replace(
            request,
            scope=Scope(
                view.index_name,
                view.index_version,
                view.as_of,
                view.vintage,
                request.scope.recorded_before or self.store.recorded_before,
                request.scope.no_link,
            ),
            pair=self.pair(request.pair),
            rule=replace(request.rule, tolerance=self.tolerance(request.rule.tolerance)),
            models=self.models(request.models),
            seed=self.seed(request.seed),
        )

    def learnt(self, models: Sequence[str], as_of: date, vintage: Vintage) -> Learnt:
        """What all frontiers of this workspace had taught those of `models` that learn."""
        until = as_of if vintage == "real" else None
        standing = self.as_counted(self.store.snapshot().standing, until)
        rows = latest_statements(standing, as_of, vintage)
        swept = swept_until(self.sweeps(), as_of)
        members = build_panel(rows, self.index_spec, as_of, vintage, swept)
        return learn_models(models, members, to_day(as_of))

    def index_spec(self, name: str, version: str) -> IndexSpec:
        """What is known of the scale of an index version.

        What `tracker index set` says of the index goes before the catalogue's row of the version,
        that before its row of another version of the index.
        """
        return index_spec(self.catalogue, self.index_settings, name, version)

    @property
    def index_settings(self) -> Mapping[str, IndexSpec]:
        """What this workspace says of indices, by name."""
        return read_index_settings(self.folder / INDICES)

    def scales(self) -> dict[tuple[str, str], ValueScale]:
        """How the values of each index version are told, by its name and version."""
        standing = self.as_counted(self.store.snapshot().standing)
        rows = latest_statements(standing, date.max, "final")
        return {
            (str(name), str(version)): value_scale(
                known_models(group, date.max, "final"), self.index_spec(str(name), str(version))
            )
            for (name, version), group in rows.group_by("index_name", "index_version")
        }

    def weights(self, index: str) -> pl.DataFrame:
        """What versions of an index consist of, columns `forecasts.measures.link_evidence.WEIGHTS`;
        no rows where nothing is known."""
        return self.catalogue.index_weights.filter(index_name=index).select(WEIGHTS)

    def known_labs(self, until: date | None = None) -> dict[str, str]:
        """Countries of labs as the observations (by a day) last had them, for labs the catalogue
        lacks."""
        by = pl.lit(True) if until is None else pl.col("observed_on") <= until
        stated = (
            self.store.snapshot()
            .standing.filter(by, pl.col("lab").is_not_null(), pl.col("country").is_not_null())
            .group_by("lab", "country")
            .agg(pl.col("observed_on").max())
            .collect(engine="streaming")
        )
        latest = stated.sort("observed_on", "country").group_by("lab").agg(pl.col("country").last())
        return dict(latest.iter_rows())

    def observed_labs(self) -> list[str]:
        """Every lab that an observation states, in order."""
        labs = self.store.snapshot().standing.select(pl.col("lab").drop_nulls().unique())
        return labs.collect(engine="streaming")["lab"].sort().to_list()

    def with_lab_names(self, bloc: str) -> str:
        """A bloc with the common names of its labs and the countries of the settings' groups.

        Raises UsageError when it is none.
        """
        catalogue = self.catalogue
        spelt = parse_bloc(bloc, self.settings.groups, lambda: catalogue.country_names).spec
        parts = [part.split("+") for part in spelt.split(",")]
        return ",".join(
            "+".join(
                f"lab:{self.catalogue.lab_name(t[4:])}" if t.startswith("lab:") else t for t in part
            )
            for part in parts
        )
