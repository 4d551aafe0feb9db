"""What an entry of Artificial Analysis says of its model beside the scores."""

import math
from collections.abc import Iterator
from typing import Any

from forecasts.measures.facts import FACTS
from tracker.sources.formats.json import Json, WrongMember, flag_of, number_of, text_of
from tracker.store.schema import MAX_NUMBER, text_problem

MAX_TEXT = 500
# Where each fact stands in the shapes of an entry: the first that is there counts.
_PLACES: dict[str, tuple[str, ...]] = {
    "parameters": ("capabilities.total_parameters", "parameters.total"),
    "active_parameters": ("capabilities.active_parameters", "parameters.active"),
    "size_class": ("capabilities.size_class", "size_class"),
    "context_window": ("capabilities.context_window_tokens", "context_window_tokens"),
    "licence": ("open_weights.license_name", "licensing.license_name"),
    "commercial_use": ("open_weights.commercial_allowed", "licensing.commercial_allowed"),
    "price_input": ("pricing.price_1m_input_tokens",),
    "price_output": ("pricing.price_1m_output_tokens",),
    "price_blended": ("pricing.price_1m_blended_3_to_1",),
    "output_speed": (
        "speed.output_tokens_per_second",
        "performance.median_output_tokens_per_second",
        "median_output_tokens_per_second",
    ),
    "first_token": (
        "speed.time_to_first_token_seconds",
        "performance.median_time_to_first_token_seconds",
        "median_time_to_first_token_seconds",
    ),
    "index_cost": (
        "pricing.intelligence_index_cost_total",
        "artificial_analysis_intelligence_index_cost.total_cost",
    ),
    "deprecated": ("deprecated",),
}
_KINDS = ("text", "image", "video", "speech")


def facts_of(entry: Json) -> Iterator[tuple[str, str | float]]:
    """Each fact that an entry states, by name: a text, or a number in the unit of the fact.

    What cannot be taken as it is, a text where a number must be, is no fact and left out: nothing
    that is not a score may keep a score out.
    """
    for name, places in _PLACES.items():
        for place in places:
            value = _value(entry, place, FACTS[name].kind)
            if value is not None:
                yield name, value
                break
    for side in ("input", "output"):
        said = _modalities(entry, side)
        if said:
            yield f"{side}_modalities", said


def _value(entry: Json, place: str, kind: str) -> str | float | None:
    *parts, key = place.split(".")
    holder: Any = entry
    for part in parts:
        holder = holder.get(part)
        if not isinstance(holder, dict):
            return None
    try:
        if kind == "flag":
            flag = flag_of(holder, key, place)
            return None if flag is None else str(flag).lower()
        if kind == "number":
            number = float(number_of(holder, key, place) or "nan")
            return number if math.isfinite(number) and abs(number) <= MAX_NUMBER else None
        text = (text_of(holder, key, place) or "").strip()
    except WrongMember:
        return None
    return text if text and len(text) <= MAX_TEXT and text_problem(text) is None else None


def _modalities(entry: Json, side: str) -> str:
    flat, nested = entry.get("capabilities"), entry.get("modalities")
    found: list[str] = []
    for kind in _KINDS:
        if isinstance(flat, dict) and flat.get(f"{side}_modality_{kind}") is True:
            found.append(kind)
        elif isinstance(nested, dict):
            of_side = nested.get(side)
            if isinstance(of_side, dict) and of_side.get(kind) is True:
                found.append(kind)
    return ",".join(found)
