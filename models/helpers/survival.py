"""Time until a record is matched, some records not matched yet."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.contract import FloatArray


def kaplan_meier(durations: ArrayLike, observed: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Product-limit estimate of survival after each distinct observed duration.

    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53.
    A censored duration equal to an observed one counts as at risk there.

    Args:
        durations: shape (n,), not negative.
        observed: shape (n,), False where censored.

    Returns:
        Times (m,), increasing, and survival just after them (m,).
    """
    time = np.asarray(durations, dtype=np.float64)
    event: NDArray[np.bool_] = np.asarray(observed, dtype=np.bool_)
    times, deaths = np.unique(time[event], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), times, side="left")
    survival = np.cumprod(1.0 - deaths / at_risk, dtype=np.float64)
    return times, survival


def km_median(durations: ArrayLike, observed: ArrayLike) -> float | None:
    """First time at which survival is at most one half; None when it never falls so far."""
    times, survival = kaplan_meier(durations, observed)
    reached = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(times[reached[0]]) if reached.size else None
