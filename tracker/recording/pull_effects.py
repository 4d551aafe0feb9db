"""What a pull changed: models that were not known, records, and the gap then and now."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.gap import Gap
from forecasts.measures.vintage import latest_statements
from forecasts.request import Pair, Scope
from tracker.analysis.measuring import bloc_records, gap_of
from tracker.recording.impact import effects_of
from tracker.recording.importing import ImportPlan
from tracker.text.numbers import points
from tracker.workspace_data import WorkspaceData

_NO_RECORDS = pl.DataFrame(schema={"bloc": pl.String(), "model": pl.String()})


@dataclass(frozen=True)
class Standing:
    """Where the pair of the workspace stands on an index version.

    `index` is its name and version, None where the index has none; `known` has the keys of all
    models that are known, `listed` of those on the index in any version.
    """

    index: tuple[str, str] | None
    rows: pl.DataFrame
    records: pl.DataFrame = field(default_factory=lambda: _NO_RECORDS)
    gap: Gap | None = None
    known: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()


class Effects(TypedDict):
    """The fields of a `PullResult` that say what changed."""

    new_models: list[dict[str, object]]
    new_records: list[dict[str, object]]
    gap_before: dict[str, object] | None
    gap_after: dict[str, object] | None
    effects: list[str]


def standing_of(data: WorkspaceData, plan: ImportPlan) -> Standing:
    """Where the pair stands on the index of `plan`: on its version, or where nothing is held of
    that on the version seen last before."""
    snapshot = data.store.snapshot()
    name, version = _index_of(data, plan)
    held = snapshot.indices.filter(index_name=name) if name else snapshot.indices.clear()
    models = snapshot.standing.select("model_key", "index_name").unique().collect()
    keys = frozenset(models["model_key"])
    if name is None or held.is_empty():
        return Standing(None, latest_statements(snapshot.standing.head(0), date.max, "final"),
                        known=keys)  # fmt: skip
    if version not in set(held["index_version"]):
        version = data.choose_index(snapshot.indices, name)[1]
    index = (name, str(version))
    of = snapshot.standing.filter(index_name=name, index_version=index[1])
    return Standing(
        index,
        latest_statements(of, date.max, "final"),
        _records(data, index),
        _gap(data, index),
        keys,
        frozenset(models.filter(index_name=name)["model_key"]),
    )


def effects_between(
    data: WorkspaceData, plan: ImportPlan, before: Standing, dry_run: bool
) -> Effects:
    """What became of `before` by what was recorded of `plan`; of a dry run the models alone."""
    new = plan.new.filter(~pl.col("model_key").is_in(list(before.known)))
    facts = ["model", "lab", "country", "released_on", "index_name", "index_version", "value"]
    first = new.unique("model_key", keep="first", maintain_order=True)
    found: Effects = {
        "new_models": first.select(facts).to_dicts(),
        "new_records": [],
        "gap_before": _told(before.gap),
        "gap_after": _told(before.gap),
        "effects": [],
    }
    if dry_run or plan.new.is_empty():
        return found
    after = standing_of(data, plan)
    found["gap_after"] = _told(after.gap)
    found["new_records"] = _new_records(before, after)
    if before.index == after.index or before.index is None:
        found["effects"] = effects_of(data, before.rows, after.rows, ())
    else:
        found["effects"] = [_between_versions(before, after)]
    return found


def _new_records(before: Standing, after: Standing) -> list[dict[str, object]]:
    """Records now that were none before; on a version that is new, of models new to the index."""
    records = after.records
    if before.index is not None and before.index != after.index:
        keys = after.rows.select("model", "model_key").unique("model")
        keyed = records.join(keys, on="model", how="left", maintain_order="left")
        fresh = keyed.filter(~pl.col("model_key").is_in(list(before.listed)))
    else:
        fresh = records.join(before.records, on=["bloc", "model"], how="anti",
                             maintain_order="left")  # fmt: skip
    columns = ["bloc", "model", "lab", "released_on", "value"]
    return fresh.select(c for c in columns if c in fresh.columns).to_dicts()


def _index_of(data: WorkspaceData, plan: ImportPlan) -> tuple[str | None, str | None]:
    """The workspace's own index where the import speaks of it, else the one that it is of."""
    name, version = plan.result.index_name, plan.result.index_version
    own = plan.stated.filter(index_name=data.settings.index)
    if own.height:
        last = own.sort("observed_on").row(-1, named=True)
        return str(last["index_name"]), str(last["index_version"])
    return name, version


def _records(data: WorkspaceData, index: tuple[str, str]) -> pl.DataFrame:
    pair = (data.settings.leader, data.settings.follower)
    found: list[pl.DataFrame] = []
    # A bloc without a model leaves the other one its records.
    for blocs in (pair, pair[:1], pair[1:]):
        try:
            found.append(bloc_records(data, blocs, Scope(*index))[0])
        except TrackerError:
            continue
        if blocs == pair:
            break
    return pl.concat(found) if found else _NO_RECORDS


def _gap(data: WorkspaceData, index: tuple[str, str]) -> Gap | None:
    try:
        return gap_of(data, Scope(*index), Pair(), None)
    except TrackerError:
        return None


def _told(gap: Gap | None) -> dict[str, Any] | None:
    if gap is None:
        return None
    best = {
        side: {"bloc": line.bloc, "model": line.best["model"], "value": float(line.values[-1])}
        for side, line in (("leader", gap.leader), ("follower", gap.follower))
    }
    return {
        "as_of": gap.as_of,
        "index_name": gap.index_name,
        "index_version": gap.index_version,
        **best,
        "gap_points": gap.gap_points,
        "lag_months": gap.lag_months,
    }


def _between_versions(before: Standing, after: Standing) -> str:
    assert before.index is not None and after.index is not None  # noqa: PT018
    told = [
        f"{points(gap.scale, gap.gap_points)} {gap.scale.unit}" if gap else "not known"
        for gap in (before.gap, after.gap)
    ]
    return (
        f"{after.index[0]} is now on version {after.index[1]}: the gap was {told[0]} on "
        f"{before.index[1]} and is {told[1]} on {after.index[1]}."
    )
