"""Likely slips of the hand in an observation that is formally right."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.measures.variants import base_model
from tracker.store.observations import Snapshot
from tracker.store.schema import model_key

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def likely_slips(
    workspace: "Workspace",
    snapshot: Snapshot,
    peers: pl.DataFrame,
    seen: pl.DataFrame,
    row: Mapping[str, Any],
) -> list[str]:
    """Sentences on what is probably not meant in `row`, a checked observation.

    `peers` are the latest observations of the index version, `seen` all of the model by date.
    """
    return [
        *_of_index(workspace, snapshot.indices, row),
        *_of_value(workspace, peers, row),
        *_of_name(snapshot, seen, row),
        *_of_lab(workspace, seen, row),
        *_of_history(seen, row),
    ]


def _of_index(
    workspace: "Workspace", indices: pl.DataFrame, row: Mapping[str, Any]
) -> Iterator[str]:
    name, version = str(row["index_name"]), str(row["index_version"])
    if indices.is_empty() or workspace.catalogue.index_version(name, version) is not None:
        return
    of_index = indices.filter(index_name=name)
    if of_index.is_empty():
        known = indices["index_name"].unique(maintain_order=True).head(8)
        yield f"The index '{name}' is new here; known: {'; '.join(known)}."
    elif version not in of_index["index_version"]:
        known = of_index["index_version"].head(8)
        yield f"The version '{version}' is new on this index; known: {', '.join(known)}."


def _of_value(workspace: "Workspace", peers: pl.DataFrame, row: Mapping[str, Any]) -> Iterator[str]:
    value, stderr = float(row["value"]), row["stderr"]
    known = workspace.catalogue.index_version(str(row["index_name"]), str(row["index_version"]))
    low, high = (None, None) if known is None else (known.low, known.high)
    if (low is not None and value < low) or (high is not None and value > high):
        ends = f"from {low:g}" if low is not None else ""
        ends += f" to {high:g}" if high is not None else " upwards"
        yield f"The value {value:g} is outside the index's range, {ends.strip()}."
    others = peers.filter(pl.col("model_key") != model_key(str(row["model"])))
    values = others["value"].drop_nulls()
    enough = values.len() >= 5
    best: Any = values.max()
    if enough:
        # Twice the longest step by which any release has ever raised the overall frontier.
        steps: Any = others.sort("released_on")["value"].cum_max().diff().drop_nulls().max()
        if value > best + 2 * float(steps or 0):
            yield f"The value {value:g} is far above the best so far, {best:g}."
    # Where many values are so small, as prices are, one more is nothing special.
    small = float((values < 1).sum()) > 0.05 * values.len()
    if 0 < value < 1 and not small and ((high or 0) >= 10 or (enough and best > 10)):
        top = high if high is not None else best
        yield f"{value:g}: is that a share? The values of this index go up to {top:g}."
    spread: Any = None
    if low is not None and high is not None:
        spread = high - low
    elif enough:
        spread = best - float(values.min())  # type: ignore[arg-type]
    if spread is not None and stderr is not None and stderr > spread:
        yield f"The standard error {stderr:g} is larger than the index's range of {spread:g}."


def _of_name(snapshot: Snapshot, seen: pl.DataFrame, row: Mapping[str, Any]) -> Iterator[str]:
    if row["model"] in seen["model"]:
        return
    names = snapshot.standing.select("model").unique().collect(engine="streaming")["model"]
    near = near_duplicate(str(row["model"]), names.sort().to_list())
    if near is not None:
        yield f"The model '{row['model']}' is new, but '{near}' looks like the same."


def _of_lab(workspace: "Workspace", seen: pl.DataFrame, row: Mapping[str, Any]) -> Iterator[str]:
    lab, country = str(row["lab"]), str(row["country"])
    if seen.height and seen["lab"][-1] != lab:
        yield f"The model '{row['model']}' is known here as one of {seen['lab'][-1]}, not {lab}."
    held = seen.filter(lab=lab, country=country)
    known = workspace.catalogue.lab(lab)
    countries = workspace.known_labs().get(lab) if known is None else known.countries
    if countries and held.is_empty() and set(countries.split(",")) != set(country.split(",")):
        where = "is known here as one of" if known is None else "is in the catalogue as one of"
        yield f"The lab '{lab}' {where} {countries}, not {country}."
    new = new_lab(workspace, lab)
    if new is not None and "did you mean" in new:
        yield new


def _of_history(seen: pl.DataFrame, row: Mapping[str, Any]) -> Iterator[str]:
    value = float(row["value"])
    if row["released_on"] is not None and row["observed_on"] < row["released_on"]:
        released = row["released_on"]
        yield f"It was observed on {row['observed_on']}, before its release on {released}."
    own = seen.filter(index_name=row["index_name"], index_version=row["index_version"])
    same_day = own.filter(pl.col("observed_on") == row["observed_on"])
    held = same_day.filter(pl.col("value") != value)
    if held.height:
        yield (
            f"This model has the value {held['value'][0]:g} on the same day already; the higher "
            f"counts. To replace it: tracker correct {held['observation_id'][0][:12]} "
            f"--value {value:g}."
        )
    elif same_day.is_empty() and own.height:
        last, day = own["value"][-1], own["observed_on"][-1]
        if abs(value - last) > max(2.0, 0.2 * abs(last)):
            yield f"The value {value:g} is far from this model's {last:g}, observed on {day}."


def new_lab(workspace: "Workspace", lab: str) -> str | None:
    """A sentence that neither catalogue nor observations have the lab, None when one has."""
    if workspace.catalogue.lab(lab) is not None or lab in workspace.known_labs():
        return None
    near = near_lab(workspace, lab)
    return f"The lab '{lab}' is new here" + (f"; did you mean {near}?" if near else ".")


def near_lab(workspace: "Workspace", lab: str) -> str | None:
    """A known lab with nearly the same letters, or None."""
    names = {name.casefold(): name for name in workspace.known_labs()}
    for name, aliases in workspace.catalogue.labs.select("lab", "aliases").iter_rows():
        names |= {alias.casefold(): name for alias in [name, *(aliases or "").split(";")] if alias}
    close = difflib.get_close_matches(lab.casefold(), names, 1, 0.84)
    return names[close[0]] if close else None


def near_duplicate(name: str, names: list[str]) -> str | None:
    """A known name that is probably meant by `name`, or None.

    Versions differ by their digits and variants by their brackets, so names that differ there are
    different models; what remains must be nearly the same letters.
    """
    digits = re.findall(r"\d+", name)
    squeezed = _letters(name)
    peers = [
        n for n in names if re.findall(r"\d+", n) == digits and model_key(n) != model_key(name)
    ]
    for other in peers:
        if _letters(other) == squeezed:
            return other
    if not peers:
        return None
    # Without mode and effort: another variant of a known model is no slip.
    bases = pl.DataFrame({"model": [name, *peers]}).select(base_model(pl.col("model")))["model"]
    mine, *theirs = [base.casefold() for base in bases]
    others = {t: p for t, p in zip(theirs, peers, strict=True) if _letters(t) != _letters(mine)}
    close = difflib.get_close_matches(mine, others, 1, 0.88)
    return others[close[0]] if close else None


def _letters(name: str) -> str:
    return model_key(name).replace("-", "")
