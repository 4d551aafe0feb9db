"""Links between the versions of an index, as a workspace's observations give them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import permutations

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.link_choice import LEAST
from forecasts.measures.link_evidence import Evidence, gather_evidence
from forecasts.measures.link_graph import LinkGraph, LinkPath
from forecasts.measures.linking import Link, UnlinkedVersions, fit_link
from models.contract import FloatArray
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
    rows, index = _observations(data, request.index)
    day = request.as_of or _last_day(rows)
    known = _versions(rows, index, day)
    for version in (request.source, request.target):
        if version not in known:
            raise UsageError(
                f"There is no observation of version '{version}' of '{index}' by {day}.",
                f"Known then: {', '.join(known) or 'none'}.",
                "unknown_version",
            )
    if request.source == request.target:
        raise UsageError(f"Both versions are {request.source}.", "Name two.", "same_version")
    evidence = gather_evidence(rows, data.weights(index), request.source, request.target, day)
    try:
        link = _fitted(evidence, request.source, request.target, day, request.method)
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
    """Every link between two versions of an index that enough models were measured on.

    Links are fitted both ways: a line with errors in both is its own inverse, the others are not.
    """
    rows, name = _observations(data, index)
    day = as_of or _last_day(rows)
    own = rows.filter(pl.col("observed_on") <= day, index_name=name)
    versions = _versions(rows, name, day)
    proper = own.filter(~pl.col("estimated").fill_null(False))
    measured = {v: set(proper.filter(index_version=v)["model_key"]) for v in versions}
    weights, links = data.weights(name), list[Link]()
    values = {v: own.filter(index_version=v)["value"].drop_nulls().to_numpy() for v in versions}
    for source, target in permutations(versions, 2):
        if len(measured[source] & measured[target]) < LEAST:
            continue
        progress(f"{name}: {source} to {target}")
        evidence = gather_evidence(rows, weights, source, target, day)
        try:
            links.append(_fitted(evidence, source, target, day, None))
        except UnlinkedVersions:
            continue
    return Links(name, LinkGraph.of(links, versions), tuple(versions), values)


def _fitted(evidence: Evidence, source: str, target: str, day: date, method: str | None) -> Link:
    return fit_link(
        evidence.pairs, source, target, day,
        components=evidence.components, pool=evidence.pool, method=method,
    )  # fmt: skip


def _versions(rows: pl.DataFrame, index: str, day: date) -> list[str]:
    """Versions that were known on a day, by when they were last seen by then."""
    own = rows.filter(pl.col("observed_on") <= day, index_name=index)
    seen = own.group_by("index_version").agg(pl.col("observed_on").max())
    return [str(v) for v in seen.sort("observed_on", "index_version")["index_version"]]


def _observations(data: WorkspaceData, index: str | None) -> tuple[pl.DataFrame, str]:
    """Rows of the index and of what its components are measured by, and the index."""
    snapshot = data.store.snapshot()
    name, _ = data.choose_index(snapshot.indices, index, None)
    wanted = [name, *data.weights(name)["measure"].drop_nulls().unique()]
    rows = snapshot.current(pl.col("index_name").is_in(wanted))
    return data.as_counted(rows), name


def _last_day(rows: pl.DataFrame) -> date:
    last = rows["observed_on"].max()
    assert isinstance(last, date)
    return last
