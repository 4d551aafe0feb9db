"""Results as plain JSON values."""

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any


def to_json(value: Any) -> Any:
    """Plain JSON values: dates as ISO text, frames as lists of rows, nan and infinity as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    to_dicts = getattr(value, "to_dicts", None)
    return value if to_dicts is None else to_json(to_dicts())
