"""What a workspace is made of, and what of it answers a request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from forecasts.forecasting.panel import build_panel, learn_models
from forecasts.measures.frontier import to_day
from forecasts.measures.view import IndexView
from forecasts.measures.vintage import latest_statements
from forecasts.request import DEFAULT_MODELS, ForecastRequest, Pair, Scope, Vintage
from models.contract import Learnt
from tracker.catalogue import Catalogue
from tracker.index_view import choose_index, refuse_empty, view_of
from tracker.settings import Settings
from tracker.store.observations import Store


@dataclass(frozen=True)
class WorkspaceData:
    """A folder of settings and observations. Everything is read from the store anew."""

    folder: Path
    settings: Settings
    store: Store
    catalogue: Catalogue = field(default_factory=Catalogue)

    def as_recorded_before(self, moment: datetime | None) -> "WorkspaceData":
        """The same workspace as it was known just before a moment (an aware one; None: now)."""
        if moment is None or moment == self.store.recorded_before:
            return self
        return replace(self, store=Store(self.store.folder, self.store.skip_damaged, moment))

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

    def view(self, scope: Scope) -> IndexView:
        """What counts of the index version and day that `scope` asks for.

        Raises:
            UsageError: there is no such index, version or vintage.
            TrackerError: nothing was known of it on that day.
        """
        data = self.as_recorded_before(scope.recorded_before)
        snapshot = data.store.snapshot()
        index = data.choose_index(snapshot.indices, scope.index, scope.version)
        view = view_of(
            snapshot, index, scope.as_of, scope.checked().vintage, self.ceilings().get(index)
        )
        return refuse_empty(view, snapshot)

    def pair(self, asked: Pair) -> Pair:
        """The two blocs with what the settings add, labs by their common names."""
        return Pair(
            self.with_lab_names(asked.leader or self.settings.leader),
            self.with_lab_names(asked.follower or self.settings.follower),
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
            ),
            pair=self.pair(request.pair),
            rule=replace(request.rule, tolerance=self.tolerance(request.rule.tolerance)),
            models=self.models(request.models),
            seed=self.seed(request.seed),
        )

    def learnt(self, models: Sequence[str], as_of: date, vintage: Vintage) -> Learnt:
        """What all frontiers of this workspace had taught those of `models` that learn."""
        rows = latest_statements(self.store.snapshot().standing, as_of, vintage)
        members = build_panel(rows, self.ceilings(), as_of, vintage)
        return learn_models(models, members, to_day(as_of))

    def ceilings(self) -> dict[tuple[str, str], float | None]:
        """Upper bounds of the index versions that the catalogue knows."""
        known = self.catalogue.index_versions
        names, versions = known["index_name"], known["index_version"]
        return dict(zip(zip(names, versions, strict=True), known["high"], strict=True))

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

    def with_lab_names(self, bloc: str) -> str:
        """A bloc with the common names of its labs."""
        parts = [[t.strip() for t in part.split("+")] for part in bloc.split(",")]
        return ",".join(
            "+".join(
                f"lab:{self.catalogue.lab_name(t[4:].strip())}"
                if t.lower().startswith("lab:")
                else t
                for t in part
            )
            for part in parts
        )
