"""A line with one break at an unknown time, averaged over where the break may be.

Each candidate break is a least-squares fit of a continuous broken line; candidates, no break
among them, are weighted by exp(-BIC / 2) (Raftery 1995, Sociological Methodology 25).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    DAYS_PER_MONTH,
    Estimate,
    FloatArray,
    History,
    Horizon,
    NotEnoughHistory,
    Series,
    as_frontier,
)


@dataclass(frozen=True)
class BrokenLines:
    """Candidates of one bloc; all arrays begin with the candidate.

    `level` at the origin and last `slope` per day, (k, 2); their covariance (k, 2, 2); residual
    standard deviation (k,), degrees of freedom (k,), weight (k,), break day (k,), nan for none.
    """

    line: FloatArray
    covariance: FloatArray
    residual_sd: FloatArray
    dof: FloatArray
    weight: FloatArray
    break_day: FloatArray


def broken_lines(series: Series, origin: int) -> BrokenLines:
    """All breaks between the third record and the third last, and none."""
    x = (series.days - origin).astype(np.float64)
    y = series.values
    n = x.size
    if n < 4:
        raise NotEnoughHistory("a segmented line needs four records of each bloc")
    candidates = [np.nan, *(x[2 : n - 2] if n >= 7 else [])]
    rows = []
    for at in candidates:
        late = np.zeros_like(x) if np.isnan(at) else np.minimum(x - at, 0.0)
        # Columns: level at the origin, slope after the break, change of slope before it.
        design = np.stack([np.ones_like(x), x, late], axis=1)[:, : 2 if np.isnan(at) else 3]
        inverse = np.linalg.pinv(design.T @ design)
        beta = inverse @ design.T @ y
        rss = float(np.sum((y - design @ beta) ** 2))
        k = design.shape[1]
        dof = n - k
        bic = n * np.log(max(rss, 1e-12) / n) + (k + (0 if np.isnan(at) else 1)) * np.log(n)
        rows.append((beta[:2], inverse[:2, :2], np.sqrt(rss / dof), dof, bic, origin + at))
    line, covariance, sd, dof, bic, day = (np.array(c) for c in zip(*rows, strict=True))
    weight = np.exp(-(bic - bic.min()) / 2)
    # One break somewhere has the same prior weight as none.
    if weight.size > 1:
        weight[1:] /= weight.size - 1
    return BrokenLines(line, covariance, sd, dof, weight / weight.sum(), day)


@dataclass(frozen=True)
class FittedSegmentedLine:
    """Candidates of both blocs."""

    history: History
    lines: tuple[BrokenLines, BrokenLines]

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times): a candidate, its line, a residual."""
        ahead = horizon.days - horizon.origin
        out = np.empty((draws, 2, ahead.size))
        for i, lines in enumerate(self.lines):
            pick = rng.choice(lines.weight.size, draws, p=lines.weight)
            sd = lines.residual_sd[pick] * np.sqrt(lines.dof[pick] / rng.chisquare(lines.dof[pick]))
            root = _roots(lines.covariance)[pick]
            noise = np.einsum("dij,dj->di", root, rng.standard_normal((draws, 2)))
            level = lines.line[pick, 0] + sd * (noise[:, 0] + rng.standard_normal(draws))
            slope = lines.line[pick, 1] + sd * noise[:, 1]
            out[:, i] = level[:, None] + slope[:, None] * ahead
        return as_frontier(out, self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Slope now, weight of having a break, and the likeliest break, per bloc."""
        found: dict[str, Estimate] = {}
        for series, lines in zip(self.history.blocs, self.lines, strict=True):
            slope = lines.line[:, 1] * DAYS_PER_MONTH
            mean = float(lines.weight @ slope)
            within = lines.residual_sd**2 * lines.covariance[:, 1, 1] * DAYS_PER_MONTH**2
            spread = float(np.sqrt(lines.weight @ (within + (slope - mean) ** 2)))
            found[f"{series.bloc}.slope"] = Estimate(mean, spread, "points/month")
            broken = float(1 - lines.weight[0])
            found[f"{series.bloc}.probability_of_break"] = Estimate(broken, None, "")
        return found


def _roots(covariance: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]


class SegmentedLine:
    """The pace may have changed once; when is not known."""

    name = "segmented-line"

    def fit(self, history: History) -> FittedSegmentedLine:
        """Needs four records of each bloc; breaks are looked for from seven on."""
        lines = [broken_lines(series, history.origin) for series in history.blocs]
        return FittedSegmentedLine(history, (lines[0], lines[1]))
