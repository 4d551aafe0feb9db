"""What is known of the scale of an index: its bounds, unit, natural scale and zero."""

from dataclasses import dataclass
from math import inf

from models.contract import SCALES, NaturalScale

__all__ = ["SCALES", "IndexSpec", "NaturalScale", "nothing_known"]


@dataclass(frozen=True)
class IndexSpec:
    """The scale of one version of an index; None where something is not known.

    Attributes:
        low, high: bounds of every value, in `unit`.
        unit: of a value, empty where not known.
        scale: on which values grow evenly: `linear`, `logit` (between two bounds) or `log`.
        true_zero: whether zero means nothing of it, so that ratios of values have a meaning.
        decimals: with which a value is shown.
        origin: who says so: `workspace`, `catalogue`, `inherited` (the catalogue's row of another
            version of the index) or `unknown`.
    """

    index_name: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    scale: NaturalScale | None = None
    true_zero: bool | None = None
    decimals: int | None = None
    origin: str = "unknown"

    @property
    def ceiling(self) -> float | None:
        """Upper bound of values, infinity where there is none, None where it is not known.

        Of a quantity on a logarithmic scale no bound is guessed.
        """
        return inf if self.high is None and self.scale == "log" else self.high

    def outside(self, value: float) -> bool:
        """Whether a value lies outside the bounds that are known."""
        below = self.low is not None and value < self.low
        return below or (self.high is not None and value > self.high)

    @property
    def bounds(self) -> str:
        """The bounds in words, empty where none is known."""
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"from {self.low:g} upwards"
        return f"up to {self.high:g}" if self.low is None else f"from {self.low:g} to {self.high:g}"


def nothing_known(name: str, version: str) -> IndexSpec:
    """The spec of a version of an index of which nothing is known."""
    return IndexSpec(name)
