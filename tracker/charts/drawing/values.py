"""Values of an index on an axis: as they are, or their logarithms where they grow by factors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.measures.value_scale import ValueScale
from tracker.charts.drawing.rows import value_scale
from tracker.charts.drawing.theme import number, value_axis


@dataclass(frozen=True)
class Values:
    """Places values of an index on an axis, whose limits are places as well."""

    scale: ValueScale

    @property
    def unit(self) -> str:
        """Of the axis."""
        return f"{self.scale.unit}, logarithmic" if self.scale.logarithmic else self.scale.unit

    @property
    def title(self) -> str:
        """The unit as the name of an axis."""
        return self.unit[0].upper() + self.unit[1:]

    def placed(self, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """The frame with the values of `columns` as places: their logarithms to base ten.

        What is not above zero stands where the smallest other value does.
        """
        if not self.scale.logarithmic:
            return frame
        above = [frame[c].filter(frame[c] > 0).min() for c in columns]
        least = min((v for v in above if isinstance(v, float)), default=1.0)
        return frame.with_columns(pl.col(c).clip(lower_bound=least).log10() for c in columns)

    def y(self, low: float, high: float, most: int = 6) -> Any:
        """A scale for y between two places with round numbers, none in the corner of the axes."""
        if not self.scale.logarithmic:
            return value_axis(low, high, most)
        breaks = np.log10(log_steps(10 ** (low + 0.03 * (high - low)), 10**high, most)).tolist()
        return p9.scale_y_continuous(
            limits=(low, high), expand=(0, 0), breaks=breaks, labels=_powers
        )

    def x(self, low: float, high: float, limit: float) -> Any:
        """A scale for x from `low` to `limit` with round breaks up to `high` alone."""
        if not self.scale.logarithmic:
            return value_scale(low, high, limit)
        return p9.scale_x_continuous(
            limits=(low, limit), expand=(0.005, 0), labels=_powers,
            breaks=np.log10(log_steps(10**low, 10**high)).tolist(),
        )  # fmt: skip


def gap_unit(scale: ValueScale) -> str:
    """What a gap is drawn in."""
    return "doublings" if scale.logarithmic else scale.unit


def _powers(places: Any) -> list[str]:
    return [number(float(f"{10.0**v:.6g}")) for v in places]


def log_steps(low: float, high: float, most: int = 9) -> list[float]:
    """1, 2 and 5 times powers of ten, or the powers alone where there are many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        steps = [round(f * 10.0**p, 12) for p in powers for f in factors]
        steps = [s for s in steps if low <= s <= high]
        if len(steps) <= most:
            break
    return steps
