"""Links between the versions of an index as a workspace's observations give them, and what they
move; kept, because to choose a link by cross-validation takes a second or more."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path

import polars as pl

import forecasts
import models
from forecasts.measures.link_choice import LEAST
from forecasts.measures.link_evidence import Evidence, gather_evidence
from forecasts.measures.link_graph import LinkGraph, on_the_way
from forecasts.measures.linked import DRAWN, LINKED_FROM, Linked, LinkUse, move_rows, to_move
from forecasts.measures.linking import Link, UnlinkedVersions, fit_link
from tracker.store.atomic import write_atomically

FOLDER = ".links"
_KEPT = 50  # entries, the newest ones


@dataclass(frozen=True)
class IndexHistory:
    """What is known of all versions of an index.

    Attributes:
        index_name: its name.
        rows: observations of every version, and of what components are measured by.
        weights: what versions consist of, see `gather_evidence`.
    """

    index_name: str
    rows: pl.DataFrame
    weights: pl.DataFrame

    @property
    def own(self) -> pl.DataFrame:
        """The observations of the index itself."""
        return self.rows.filter(index_name=self.index_name)

    def versions(self, day: date) -> list[str]:
        """Versions that were known on a day, by when they were last seen by then."""
        seen = self.own.filter(pl.col("observed_on") <= day).group_by("index_version")
        last = seen.agg(pl.col("observed_on").max()).sort("observed_on", "index_version")
        return [str(v) for v in last["index_version"]]

    def evidence(self, source: str, target: str, day: date) -> Evidence:
        """What a link between two versions can be fitted to."""
        return gather_evidence(self.rows, self.weights, source, target, day)


def fitted(
    evidence: Evidence, source: str, target: str, day: date, method: str | None = None
) -> Link:
    """A link from its evidence; raises as `fit_link`."""
    return fit_link(
        evidence.pairs, source, target, day,
        components=evidence.components, pool=evidence.pool, method=method,
    )  # fmt: skip


def fit_graph(
    history: IndexHistory,
    day: date,
    *,
    sources: Sequence[str] = (),
    target: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> LinkGraph:
    """Links between versions that enough models were measured on, as of a day.

    With `sources` and `target` those alone that a path from one of them to it may take, else all,
    both ways: a line with errors in both is its own inverse, the other maps are not.
    """
    versions = history.versions(day)
    proper = history.own.filter(
        (pl.col("observed_on") <= day) & ~pl.col("estimated").fill_null(False)
    )
    measured = {v: set(proper.filter(index_version=v)["model_key"]) for v in versions}
    links: list[Link] = []
    for source, to in permutations(versions, 2):
        link = (source, to)
        if sources and not any(on_the_way(versions, link, (s, target)) for s in sources):
            continue
        if len(measured[source] & measured[to]) < LEAST:
            continue
        progress(f"linking {history.index_name} {source} to {to} ...")
        with suppress(UnlinkedVersions):
            links.append(fitted(history.evidence(source, to, day), source, to, day))
    return LinkGraph.of(links, versions)


def linked_rows(
    history: IndexHistory,
    others: pl.DataFrame,
    own: pl.DataFrame,
    target: str,
    day: date,
    *,
    kept_in: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Linked:
    """What `others`, rows of other versions, add to `own`, those of `target`, on its scale.

    Args:
        day: the links are those as of then.
        kept_in: the workspace: the same question is answered again without a fit.
    """
    versions = history.versions(day)
    rows = to_move(own, others, versions)
    if rows.is_empty() or target not in versions:
        return Linked.none(rows)
    file = None
    if kept_in is not None:
        file = kept_in / FOLDER / f"{_key(history, rows, target, day)}.json"
    if file is not None and (kept := _read(file, rows)) is not None:
        return kept
    sources = rows["index_version"].unique().to_list()
    graph = fit_graph(history, day, sources=sources, target=target, progress=progress)
    evidence: dict[str, Evidence] = {}
    for source in sources:
        path = graph.path(source, target)
        if path is not None:
            evidence[source] = history.evidence(source, path.links[0].target, day)
    found = move_rows(rows, own, evidence, graph, target)
    if file is not None:
        _write(file, found)
    return found


def _key(history: IndexHistory, rows: pl.DataFrame, target: str, day: date) -> str:
    """A digest of all that the moved rows depend on, the code among it."""
    content = hashlib.blake2b(digest_size=16)
    counted = [c for c in ("observation_id", "precedence") if c in history.rows.columns]
    for frame in (history.rows.select(counted), rows.select("observation_id"), history.weights):
        content.update(frame.hash_rows().sort().to_numpy().tobytes())
    content.update(f"{history.index_name}\0{target}\0{day}\0{_code()}".encode())
    return content.hexdigest()


@cache
def _code() -> str:
    content = hashlib.blake2b(digest_size=16)
    for package, pattern in ((forecasts, "measures/link*.py"), (models, "helpers/*.py")):
        for file in sorted(Path(str(package.__file__)).parent.glob(pattern)):
            content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.hexdigest()


def _read(file: Path, rows: pl.DataFrame) -> Linked | None:
    try:
        seal, _, body = file.read_bytes().partition(b"\n")
        if seal != _seal(file, body):
            return None  # changed since it was written: made anew
        kept = json.loads(body)
        moved = pl.DataFrame(
            kept["moved"],
            schema={"observation_id": pl.String, "_value": pl.Float64, "_stderr": pl.Float64,
                    LINKED_FROM: pl.String, "values": DRAWN["values"]}, orient="row",
        )  # fmt: skip
        draws = moved.select(DRAWN.keys())
        uses = tuple(
            LinkUse(**{**use, "by": tuple(use["by"]), "dated": date.fromisoformat(use["dated"])})
            for use in kept["uses"]
        )
        found = rows.join(moved.drop("values"), on="observation_id", maintain_order="left")
        target = uses[0].target if uses else ""
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None  # none, or damaged: made anew
    return Linked(
        found.with_columns(
            value=pl.col("_value"), stderr=pl.col("_stderr"), index_version=pl.lit(target)
        ).drop("_value", "_stderr"),
        uses,
        draws,
    )


def _seal(file: Path, body: bytes) -> bytes:
    """A checksum of an entry under its name."""
    return hashlib.blake2b(file.stem.encode() + b"\0" + body, digest_size=16).hexdigest().encode()


def _write(file: Path, linked: Linked) -> None:
    moved = linked.rows.select("observation_id", "value", "stderr", LINKED_FROM)
    body = {
        "moved": moved.join(linked.draws, on="observation_id", maintain_order="left").rows(),
        "uses": [{**asdict(use), "dated": use.dated.isoformat()} for use in linked.uses],
    }
    with suppress(OSError):  # a folder that cannot be written: fitted again next time
        file.parent.mkdir(exist_ok=True)
        text = json.dumps(body).encode()
        write_atomically(file, _seal(file, text) + b"\n" + text)
        entries = sorted(file.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)
        for old in entries[:-_KEPT]:
            old.unlink(missing_ok=True)
