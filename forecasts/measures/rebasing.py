"""Are new values of known models on the scale of the old ones? A judgement from pairs of values.

The changes are regressed on the means of both values (Bland and Altman 1986, Lancet 327), which
treats the two alike: where both are the same quantity with errors of one size, slope and offset
of the changes are zero, while a regression of one on the other would be drawn towards the mean.
Whether they are is told by the F test of both together (Seber and Lee 2003, Linear Regression
Analysis, section 4.3).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.contract import FloatArray

Case = Literal["same scale", "re-estimated", "re-based", "other scores", "cannot be judged"]

MIN_COMMON = 10
# So large a share of the values may have moved together while the others stayed.
PART = 0.1
# A value moved when it changed by more than this share of the values' standard deviation.
MOVED = 0.002
# A common shift counts from this share of the standard deviation, at this level of the test.
SHIFT, LEVEL = 0.005, 0.001
# Spearman's correlation below which the ranking is another, and from which it is kept.
OTHER_RANK, SAME_RANK = 0.8, 0.95


@dataclass(frozen=True)
class Judgement:
    """What pairs of an old and a new value say of their scales; None where there are too few.

    Attributes:
        n: models with both values; `moved` of them changed.
        slope, offset: of the line from old to new values, `offset` in points.
        shift: root mean square of what the values moved together, `noise`: of the rest, both in
            standard deviations of the old values.
        p_value: of the F test that nothing moved together.
        spearman: rank correlation of old and new values.
    """

    case: Case
    n: int
    moved: int
    slope: float | None = None
    offset: float | None = None
    shift: float | None = None
    noise: float | None = None
    p_value: float | None = None
    spearman: float | None = None

    @property
    def rank_kept(self) -> bool:
        """Whether the ranking is nearly the same."""
        return self.spearman is not None and self.spearman >= SAME_RANK


def judge(old: FloatArray, new: FloatArray, *, complete: bool = False) -> Judgement:
    """Judge the values (n,) of the same models, `old` before `new`.

    Where fewer than half of the values moved, those alone are judged: a part of a table may be
    re-based. Few models that all kept their values are on the same scale when there are three of
    them, or when they are all that one side has (`complete`).
    """
    n = int(old.size)
    spread = float(np.std(old)) if n else 0.0
    unit = spread or (float(np.mean(np.abs(old))) if n else 0.0) or 1.0
    moved = int(np.sum(np.abs(new - old) > MOVED * unit))
    if n < MIN_COMMON:
        same = moved == 0 and (n >= 3 or (complete and n > 0))
        return Judgement("same scale" if same else "cannot be judged", n, moved)
    # scipy is imported where it is used: logging and listing must not wait for it.
    from scipy.stats import f as f_distribution
    from scipy.stats import rankdata

    part = 2 * moved <= n
    few = part and (moved < MIN_COMMON or moved < PART * n)
    chosen = np.abs(new - old) > MOVED * unit if part and not few else np.ones(n, dtype=bool)
    m = int(chosen.sum())
    change, mean = (new - old)[chosen], ((new + old) / 2)[chosen]
    design = np.column_stack([np.ones(m), mean - mean.mean()])
    fitted = design @ np.linalg.lstsq(design, change, rcond=None)[0]
    rest = float(np.sum((change - fitted) ** 2))
    together = float(np.sum(fitted**2))
    # A line that leaves nothing, but for the last digits, is certain.
    exact = rest <= 1e-12 * m * unit**2
    p_value = 0.0 if exact else float(f_distribution.sf(together / 2 / (rest / (m - 2)), 2, m - 2))
    if exact and together <= 1e-12 * m * unit**2:
        p_value = 1.0
    tilt = float(np.sum(design[:, 1] * change) / max(np.sum(design[:, 1] ** 2), 1e-300))
    slope = (1 + tilt / 2) / (1 - tilt / 2) if tilt < 2 else float("inf")
    ranks = [rankdata(values) for values in (old, new)]
    flat = any(np.std(r) == 0 for r in ranks)
    spearman = 1.0 if flat else float(np.corrcoef(*ranks)[0, 1])
    shift = float(np.sqrt(together / m)) / unit
    together_moved = shift > SHIFT and p_value < LEVEL
    case: Case
    if few:
        case = "same scale"
    elif not part and spearman < OTHER_RANK:
        case = "other scores"
    elif together_moved:
        case = "re-based"
    else:
        case = "same scale" if part else "re-estimated"
    return Judgement(
        case, n, moved, slope, float(new[chosen].mean() - slope * old[chosen].mean()), shift,
        float(np.sqrt(rest / m)) / unit, p_value, spearman,
    )  # fmt: skip


def five_numbers(values: FloatArray) -> tuple[float, ...]:
    """Least value, quartiles and largest value, empty for no values."""
    return tuple(map(float, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))) if values.size else ()
