"""What is known of the scale of an index: `indices.toml` of a workspace, then the catalogue."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.index_spec import SCALES, IndexSpec
from forecasts.nearest import did_you_mean
from tracker.catalogue import Catalogue
from tracker.store.atomic import write_atomically
from tracker.store.schema import MAX_NUMBER, MAX_TEXT, text_problem
from tracker.text.printable import printable

INDICES = "indices.toml"
MAX_BYTES = 1_000_000
MAX_DECIMALS = 12
MAX_UNIT = 40
# What may be said of an index, and the kind of each.
_KINDS: dict[str, type] = {
    "low": float, "high": float, "unit": str, "scale": str, "true_zero": bool, "decimals": int,
}  # fmt: skip


def index_spec(
    catalogue: Catalogue, settings: Mapping[str, IndexSpec], name: str, version: str
) -> IndexSpec:
    """The spec of a version of an index: the workspace's `settings`, then the catalogue.

    Of a version that the catalogue does not know, bounds, unit, zero and scale are those of the
    version of the index that was seen last.
    """
    found = catalogued(catalogue, name, version)
    own = settings.get(name)
    if own is None:
        return found
    said = {f: v for f in _KINDS if (v := getattr(own, f)) not in (None, "")}
    return replace(found, **said, origin="workspace")


def catalogued(catalogue: Catalogue, name: str, version: str) -> IndexSpec:
    """What the catalogue says of an index version, else of another version of the index."""
    rows = catalogue.index_versions.filter(pl.col("index_name") == name)
    own = rows.filter(pl.col("index_version") == version)
    if rows.is_empty():
        return IndexSpec(name)
    latest = rows.sort("first_seen", nulls_last=False)
    row = (latest if own.is_empty() else own).row(-1, named=True)
    return IndexSpec(
        name, row["low"], row["high"], row["unit"] or "", row["scale"], row["ratio_scale"],
        origin="inherited" if own.is_empty() else "catalogue",
    )  # fmt: skip


def read_index_settings(path: Path) -> dict[str, IndexSpec]:
    """What an `indices.toml` says of each index, by name; nothing where there is no such file.

    Raises TrackerError naming the index and field that are wrong.
    """
    name = printable(str(path))
    hint = f"Correct {name}, or say it again with `tracker index set`."
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    if len(content) > MAX_BYTES:
        raise TrackerError(f"{name} is larger than {MAX_BYTES:,} bytes.", hint, "bad_settings")
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise TrackerError(
            f"{name} is not valid TOML: {printable(str(error))[:200]}.", hint, "bad_settings"
        ) from error
    found: dict[str, IndexSpec] = {}
    for index, table in tables.items():
        shown = printable(index[:100])
        if not isinstance(table, dict) or (wrong := set(table) - set(_KINDS)):
            what = f"has the unknown field '{printable(min(wrong))[:100]}'" if isinstance(
                table, dict) else "is no table"  # fmt: skip
            raise TrackerError(f"{name}: the index '{shown}' {what}.", hint, "bad_settings")
        try:
            found[index] = checked_spec(index, table)
        except UsageError as error:
            raise TrackerError(
                f"{name}: the index '{shown}': {error.message}", hint, "bad_settings"
            ) from error
    return found


def checked_spec(index: str, said: Mapping[str, Any]) -> IndexSpec:
    """What is `said` of an index, fields of `IndexSpec`, as a spec.

    Raises UsageError naming the field that cannot be so.
    """
    for field, value in said.items():
        if field not in _KINDS:
            raise UsageError(
                f"An index has no field '{printable(field[:100])}'.",
                f"{did_you_mean(field, _KINDS)}It has {', '.join(_KINDS)}.",
                "bad_index_spec",
            )
        problem = _problem(field, value)
        if problem:
            raise UsageError(f"`{field}` {problem}.", "", "bad_index_spec", field=field)
    numbers = {f: float(v) for f, v in said.items() if f in ("low", "high")}
    return IndexSpec(index, **{**said, **numbers}, origin="workspace")


def _problem(field: str, value: Any) -> str | None:
    kind = _KINDS[field]
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if kind is float:
        if not number or not isfinite(value) or abs(value) > MAX_NUMBER:
            return f"is no number up to {MAX_NUMBER:g}"
    elif kind is int:
        if not number or not isinstance(value, int) or not 0 <= value <= MAX_DECIMALS:
            return f"is no whole number from 0 to {MAX_DECIMALS}"
    elif not isinstance(value, kind):
        return "is neither true nor false" if kind is bool else "is no text"
    if field == "scale" and value not in SCALES:
        return f"is none of {', '.join(SCALES)}"
    if field == "unit":
        return text_problem(value) if len(value) <= MAX_UNIT else f"has over {MAX_UNIT} characters"
    return None


def set_index(path: Path, catalogue: Catalogue, name: str, said: Mapping[str, Any]) -> IndexSpec:
    """Say something of an index, beside what `path` (an `indices.toml`) says of it already.

    Raises UsageError when nothing is said, or something that cannot be.
    """
    if not name.strip() or len(name) > MAX_TEXT["index_name"] or text_problem(name):
        raise UsageError("That is no name of an index.", "", "bad_index_spec", field="index_name")
    if not said:
        raise UsageError(
            f"Nothing is said of the index '{name}'.",
            "Give `low`, `high`, `unit`, `scale` or `true_zero`.",
            "bad_index_spec",
        )
    settings = read_index_settings(path)
    before = settings.get(name, IndexSpec(name))
    held = {f: v for f in _KINDS if (v := getattr(before, f)) not in (None, "")}
    settings[name] = checked_spec(name, {**held, **said})
    spec = index_spec(catalogue, settings, name, "")
    if spec.low is not None and spec.high is not None and spec.low >= spec.high:
        raise UsageError(
            f"`low` {spec.low:g} is not below `high` {spec.high:g}.", "Give both.",
            "bad_index_spec", field="low",
        )  # fmt: skip
    if spec.scale == "logit" and (spec.low is None or spec.high is None):
        raise UsageError(
            "A logit scale lies between two bounds.", "Give `low` and `high`.",
            "bad_index_spec", field="scale",
        )  # fmt: skip
    write_atomically(path, _render(settings).encode())
    return spec


def _render(settings: Mapping[str, IndexSpec]) -> str:
    lines = ["# What this workspace says of its indices; it goes before the bundled catalogue."]
    for name, spec in sorted(settings.items()):
        # TOML writes text, numbers and truth values as JSON does.
        lines += ["", f"[{json.dumps(name, ensure_ascii=False)}]"]
        for field in fields(IndexSpec):
            value = getattr(spec, field.name)
            if field.name in _KINDS and value not in (None, ""):
                lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
