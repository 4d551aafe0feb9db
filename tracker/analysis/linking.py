"""Links between the versions of an index, as a workspace's observations give them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.link_evidence import Evidence
from forecasts.measures.link_graph import LinkGraph, LinkPath
from forecasts.measures.linking import Link, UnlinkedVersions
from models.contract import FloatArray
from tracker.linked import IndexHistory, fit_graph, fitted
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class LinkRequest:
    """A link from one version of an index to another.

    Attributes:
        index: None: the workspace's.
        source, target: versions of it.
        as_of: the link as it was known on that day; None: as of the last observation.
        method: None: the one that cross-validation chooses.
    """

    index: str | None
    source: str
    target: str
    as_of: date | None = None
    method: str | None = None


@dataclass(frozen=True)
class LinkResult:
    """A link, what it was fitted to, and the models that it moves: model_key, model, lab,
    from_value, value, stderr, through."""

    index_name: str
    link: Link
    evidence: Evidence
    moved: pl.DataFrame

    def methods(self) -> pl.DataFrame:
        """How each method did on models left out: method, rmse, rmse_top, rmse_beyond, rmse_later
        (see `Trial`), rms_z, chosen."""
        return pl.DataFrame(
            [
                {
                    "method": name, "rmse": t.rmse, "rmse_top": t.rmse_top,
                    "rmse_beyond": t.rmse_beyond, "rmse_later": t.rmse_later, "rms_z": t.rms_z,
                    "chosen": name == self.link.method,
                }
                for name, t in self.link.trials.items()
            ]
        )  # fmt: skip

    def document(self) -> dict[str, object]:
        """The link as JSON has it."""
        link, fit = self.link, self.link.components
        return {
            "index_name": self.index_name,
            **_row(link),
            "publisher_rmse": link.publisher_rmse,
            "publisher_bias": link.publisher_bias,
            "outliers": list(link.outliers),
            "methods": self.methods(),
            "weights": None if fit is None else fit.weights,
            "n_moved": self.moved.height,
            "moved": self.moved,
            "points": link.points,
        }


@dataclass(frozen=True)
class Links:
    """Every link between two versions of an index; `target` is the version seen last.

    `versions` are all of them by when they were last seen, `values` those of each that a link would
    move.
    """

    index_name: str
    graph: LinkGraph
    versions: tuple[str, ...]
    values: Mapping[str, FloatArray]

    @property
    def target(self) -> str:
        return self.versions[-1]

    def paths(self) -> dict[str, LinkPath]:
        """How each version reaches `target`, the newest first."""
        found = self.graph.paths_to(self.target, self.values)
        return {v: found[v] for v in reversed(self.versions) if v in found}

    def unreachable(self) -> list[str]:
        """Versions that no path leads from to `target`."""
        return self.graph.unreachable(self.versions, self.target)

    def table(self) -> pl.DataFrame:
        """A row each: from, to, n_common, n_measured, method, rmse, rmse_top, spearman, dated."""
        columns = ("from", "to", "n_common", "n_measured", "method", "rmse", "rmse_top", "spearman",
                   "dated")  # fmt: skip
        kinds = (pl.String, pl.String, pl.Int64, pl.Int64, pl.String, pl.Float64, pl.Float64,
                 pl.Float64, pl.Date)  # fmt: skip
        rows = [{c: _row(link)[c] for c in columns} for link in self.graph.links]
        return pl.DataFrame(rows, schema=dict(zip(columns, kinds, strict=True)))

    def document(self) -> dict[str, object]:
        """The links as JSON has them."""
        paths = [
            {"from": p.source, "to": p.target, "error": p.error, "dated": p.dated,
             "by": [*(link.source for link in p.links), p.target]}
            for p in self.paths().values()
        ]  # fmt: skip
        return {
            "index_name": self.index_name,
            "links": [_row(link) for link in self.graph.links],
            "paths": paths,
            "unlinked": self.unreachable(),
        }


def _row(link: Link) -> dict[str, object]:
    return {
        "from": link.source, "to": link.target, "dated": link.dated, "n_common": link.n_common,
        "n_measured": link.n_measured, "n_estimated": link.n_estimated, "method": link.method,
        "rmse": link.rmse, "rmse_top": link.rmse_top, "rmse_beyond": link.rmse_beyond,
        "rms_z": link.rms_z, "spearman": link.spearman,
    }  # fmt: skip


def link_versions(data: WorkspaceData, request: LinkRequest) -> LinkResult:
    """Fit a link, and move the models that only the earlier version has.

    Raises:
        UsageError: there is no such version or method, or both versions are one.
        TrackerError: too few models were measured on both.
    """
    history = data.history(data.store.snapshot(), request.index)
    index, day = history.index_name, request.as_of or _last_day(history)
    known = history.versions(day)
    for version in (request.source, request.target):
        if version not in known:
            raise UsageError(
                f"There is no observation of version '{version}' of '{index}' by {day}.",
                f"Known then: {', '.join(known) or 'none'}.",
                "unknown_version",
            )
    if request.source == request.target:
        raise UsageError(f"Both versions are {request.source}.", "Name two.", "same_version")
    evidence = history.evidence(request.source, request.target, day)
    try:
        link = fitted(evidence, request.source, request.target, day, request.method)
    except UnlinkedVersions as error:
        raise TrackerError(
            f"{index} {request.source} cannot be linked to {request.target}: as of {day} {error}.",
            "`tracker link --list` shows which versions are linked, and by which path.",
            "unlinked",
        ) from error
    except ValueError as error:
        text = str(error)
        raise UsageError(f"{text[:1].upper()}{text[1:]}.", "", "bad_method") from error
    there = evidence.pairs["model_key"].implode()
    alone = evidence.pool.filter(~pl.col("model_key").is_in(there))
    moved = pl.concat([alone, link.move(alone)], how="horizontal")
    columns = ["model_key", "model", "lab", "from_value", "value", "stderr", "through"]
    return LinkResult(index, link, evidence, moved.select(columns).sort("value", descending=True))


def links_between(
    data: WorkspaceData,
    index: str | None = None,
    as_of: date | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Links:
    """Every link between two versions of an index that enough models were measured on."""
    history = data.history(data.store.snapshot(), index)
    day = as_of or _last_day(history)
    own = history.own.filter(pl.col("observed_on") <= day)
    versions = history.versions(day)
    values = {v: own.filter(index_version=v)["value"].drop_nulls().to_numpy() for v in versions}
    graph = fit_graph(history, day, progress=progress)
    return Links(history.index_name, graph, tuple(versions), values)


def _last_day(history: IndexHistory) -> date:
    last = history.rows["observed_on"].max()
    assert isinstance(last, date)
    return last
