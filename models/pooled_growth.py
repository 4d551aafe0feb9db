"""Partial pooling over many frontiers: growth goes on at its recent pace, own and the index's.

The change of a frontier over h months is a normal variable cut off at zero (a frontier never
falls) on a scale that respects the ceiling:

    change ~ max(0, N(m, s)),
    m = h (w . rates) + c gap (1 - exp(-h / k)) - d s exp(-h / j),
    s = h^g (s1 own + s2 index + s3 gap / 12) ((1 + n) / 6)^-v,

with the frontier's own rates of growth over 6, 12 and 24 months, those of the best model of the
whole index, the gap to that best model, and n, the bloc's releases within a year. The fifteen
parameters are shared by all series: their prior is below, and the panel moves them by its CRPS at
earlier origins (minimum-CRPS estimation, Gneiting et al. 2005, Monthly Weather Review 133; the
penalty is the normal prior of empirical Bayes). The closed form of the CRPS of a censored normal
is in Jordan, Krueger and Lerch (2019), Journal of Statistical Software 90(12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    DAYS_PER_MONTH,
    MIN_DAYS,
    MIN_RECORDS,
    Estimate,
    Example,
    FloatArray,
    History,
    Horizon,
    IntArray,
    NaturalScale,
    NotEnoughHistory,
    Series,
    as_frontier,
    make_series,
)
from models.helpers.monthly import month_count, to_days

# name, prior mean, prior standard deviation. Rates and catching up are held tightly, since they
# differ from year to year more than a panel of few years can tell; the spread is learnt.
PARAMETERS: tuple[tuple[str, float, float], ...] = (
    ("own_6", 0.05, 0.03),
    ("own_12", 0.30, 0.03),
    ("own_24", 0.10, 0.03),
    ("index_6", 0.25, 0.03),
    ("index_12", 0.30, 0.03),
    ("index_24", 0.00, 0.03),
    ("catch_up", 0.10, 0.03),
    ("log_catch_up_months", float(np.log(6.0)), 0.3),
    ("delay", 1.0, 0.3),
    ("log_delay_months", float(np.log(2.4)), 0.3),
    ("log_spread_own", float(np.log(0.5)), 0.5),
    ("log_spread_index", float(np.log(1.1)), 0.5),
    ("log_spread_gap", float(np.log(0.15)), 0.5),
    ("spread_growth", 0.77, 0.15),
    ("spread_releases", 0.15, 0.03),
)
PRIOR = np.array([mean for _, mean, _ in PARAMETERS])
_PRIOR_SD = np.array([sd for _, _, sd in PARAMETERS])
_PRIOR_WEIGHT = 30.0
LEARNT_AT = (1, 2, 3, 6, 9, 12)  # months

# Correlation of one bloc's surprise over h and h' months is (h / h')^0.15; that of two blocs is
# the product of loadings that grow with the number of releases: broad blocs move together.
_MEMORY = 0.15
# An index whose best value has multiplied so often grows by factors, not by points.
_MULTIPLIED = 20.0
_LOADING, _LOADING_RELEASES, _LOADING_MAX = 0.15, 0.3, 0.85


@dataclass(frozen=True)
class Examples:
    """What is known of series at origins, and what came of it, on the growth scale.

    `rates` (n, 6), `gap` (n,), `releases` (n,) as log((1 + n) / 6), `scale` (n,) in points to
    compare series by; `change` (n, len(LEARNT_AT)), nan where it is not known.
    """

    rates: FloatArray
    gap: FloatArray
    releases: FloatArray
    scale: FloatArray
    change: FloatArray

    @staticmethod
    def join(parts: "list[Examples]") -> "Examples":
        """All examples of several series."""
        fields = ("rates", "gap", "releases", "scale", "change")
        return Examples(*(np.concatenate([getattr(p, f) for p in parts]) for f in fields))

    def __len__(self) -> int:
        return self.gap.size


@dataclass(frozen=True)
class Scale:
    """How points are turned into growth, and back.

    With a ceiling C the scale is 2C (1 - sqrt(1 - x / C)): near zero that of points, close to the
    ceiling a point weighs more. Without one it is that of points, or for a quantity that has
    multiplied, such as a time horizon in minutes, that of its logarithm.
    """

    ceiling: float
    logarithmic: bool = False

    def growth(self, points: FloatArray) -> FloatArray:
        """Points on the scale of growth, same shape."""
        if self.logarithmic:
            return np.log(np.maximum(points, 1e-300))
        if not np.isfinite(self.ceiling):
            return points
        return 2 * self.ceiling * (1 - np.sqrt(np.clip(1 - points / self.ceiling, 1e-3, None)))

    def points(self, growth: FloatArray) -> FloatArray:
        """Inverse of `growth`, never above the ceiling."""
        if self.logarithmic:
            return np.minimum(np.exp(np.minimum(growth, 690.0)), self.ceiling)
        if not np.isfinite(self.ceiling):
            return growth
        return self.ceiling * (1 - np.maximum(1 - growth / (2 * self.ceiling), 0.0) ** 2)


def scale_for(index: Series, ceiling: float, natural: NaturalScale | None = None) -> Scale:
    """The scale of growth of an index: logarithmic where its natural scale is.

    Where that is not known: logarithmic if the best value, without a ceiling, is twenty times the
    first one. Values that are not positive have no logarithm.
    """
    first, last = float(index.values[0]), float(index.values[-1])
    if natural is not None:
        return Scale(ceiling, natural == "log" and first > 0)
    return Scale(ceiling, not np.isfinite(ceiling) and first > 0 and last >= _MULTIPLIED * first)


def start_of(history: History, too_short: str) -> tuple[Series, IntArray, Scale]:
    """The frontier of all models (of both blocs where it is not given), the origin as (1,), and the
    scale of growth.

    Raises NotEnoughHistory, saying `too_short`, for less than two records of a bloc over a month.
    """
    for series in history.blocs:
        if series.days.size < 2 or history.origin - series.days[0] < DAYS_PER_MONTH:
            raise NotEnoughHistory(too_short)
    index = history.index or make_series(
        "index",
        np.concatenate([s.days for s in history.blocs]),
        np.concatenate([s.values for s in history.blocs]),
    )
    origin = np.array([history.origin], dtype=np.int64)
    return index, origin, scale_for(index, history.ceiling, history.scale)


def named_estimates(
    names: Sequence[tuple[str, float, float]], values: FloatArray
) -> dict[str, Estimate]:
    """Shared parameters (name, prior mean, prior standard deviation) as estimates."""
    return {
        name: Estimate(float(value), None, "")
        for (name, _, _), value in zip(names, values, strict=True)
    }


def examples(
    series: Series, index: Series, origins: IntArray, scale: Scale, end: int | None = None
) -> Examples:
    """Features of `series` at each of `origins` (n,), and its changes as far as known by `end`.

    An origin must not lie before the series' first record; `index` is the frontier of all models.
    """
    origins = np.asarray(origins, dtype=np.int64)
    today = scale.growth(series.at(origins))
    best = scale.growth(index.at(origins))
    recent = np.searchsorted(series.release_days, origins, side="right") - np.searchsorted(
        series.release_days, origins - 365, side="right"
    )
    ahead = origins[:, None] + np.round(np.array(LEARNT_AT) * DAYS_PER_MONTH).astype(np.int64)
    change = scale.growth(series.at(ahead)) - today[:, None]
    known = origins if end is None else np.full(origins.size, end)
    return Examples(
        growth_rates(series, index, origins, scale),
        np.maximum(best - today, 0.0),
        np.log((1 + recent) / 6),
        index_sizes(index, origins, scale),
        np.where(ahead <= known[:, None], change, np.nan),
    )


def panel_examples(panel: Sequence[Example], until: int) -> Examples | None:
    """Monthly examples of every frontier whose outcome was known by the day `until`."""
    parts: list[Examples] = []
    for member in panel:
        series = member.series
        if series.days.size < MIN_RECORDS:
            continue
        start = max(int(series.days[0]) + MIN_DAYS, int(series.days[MIN_RECORDS - 1]))
        end = min(member.end, until)
        origins = np.arange(start, end - 30, 30, dtype=np.int64)
        if origins.size:
            scale = scale_for(member.index.until(until), member.ceiling, member.scale)
            parts.append(examples(series, member.index, origins, scale, end))
    return Examples.join(parts) if parts else None


def growth_rates(series: Series, index: Series, origins: IntArray, scale: Scale) -> FloatArray:
    """Growth a month over 6, 12 and 24 months, of the series and of the index, shape (n, 6)."""
    return np.stack(
        [_rate(s, scale.growth(s.at(origins)), origins, months, scale)
         for s in (series, index) for months in (6, 12, 24)],
        axis=1,
    )  # fmt: skip


def index_sizes(index: Series, origins: IntArray, scale: Scale) -> FloatArray:
    """Range of the index on the growth scale as known at each of `origins`, shape (n,).

    The ceiling; without one, and on a logarithmic scale, four standard deviations of the records
    so far.
    """
    if np.isfinite(scale.ceiling) and not scale.logarithmic:
        return np.full(origins.size, scale.ceiling)
    level = scale.growth(index.values)
    spread = [float(np.std(level[index.days <= t])) for t in origins]
    return 4 * np.maximum(spread, 1e-9)


def _rate(
    series: Series, today: FloatArray, origins: IntArray, months: int, scale: Scale
) -> FloatArray:
    start = np.maximum(origins - round(months * DAYS_PER_MONTH), series.days[0])
    passed = np.maximum((origins - start) / DAYS_PER_MONTH, 1.0)
    return (today - scale.growth(series.at(start))) / passed


def moments(
    parameters: FloatArray, known: Examples, months: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the change over `months` before the cut, each (n,)."""
    p = parameters
    s = (
        np.exp(p[10]) * known.rates[:, 1]
        + np.exp(p[11]) * known.rates[:, 4]
        + np.exp(p[12]) * known.gap / 12
        + 1e-6 * known.scale
    ) * (months ** p[13] * np.exp(-p[14] * known.releases))
    mean = (
        months * (known.rates @ p[:6])
        + p[6] * known.gap * (1 - np.exp(-months / np.exp(p[7])))
        - p[8] * s * np.exp(-months / np.exp(p[9]))
    )
    return mean, s + 1e-4 * known.scale


def censored_crps(change: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """CRPS of max(0, N(mean, sd)) at `change`, which is not negative; all of one shape."""
    z, low = (change - mean) / sd, -mean / sd
    return sd * (_square(z) - _square(low) + _square(-z))


def _square(x: FloatArray) -> FloatArray:
    """Integral of the squared normal distribution function from minus infinity to x."""
    # scipy is imported where it is used: logging and listing must not wait for it.
    from scipy.special import ndtr

    p = ndtr(x)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return x * p * p + 2 * density * p - ndtr(np.sqrt(2) * x) / np.sqrt(np.pi)


def learn(known: Examples, start: FloatArray | None = None) -> FloatArray:
    """Parameters that the examples and the prior make likely together, shape (15,)."""
    from scipy.optimize import minimize

    data: list[tuple[int, Examples, FloatArray]] = []
    for at, months in enumerate(LEARNT_AT):
        has = np.isfinite(known.change[:, at])
        if has.any():
            part = Examples(*(getattr(known, f)[has] for f in
                              ("rates", "gap", "releases", "scale", "change")))  # fmt: skip
            data.append((months, part, part.change[:, at]))

    def loss(parameters: FloatArray) -> float:
        total = _PRIOR_WEIGHT * float(np.sum(((parameters - PRIOR) / _PRIOR_SD) ** 2))
        for months, part, change in data:
            mean, sd = moments(parameters, part, months)
            crps = censored_crps(change, mean, sd) / part.scale
            total += 10 * float(np.sum(crps)) / float(np.sqrt(months))
        return total

    if not data:
        return PRIOR.copy()
    found = minimize(loss, PRIOR if start is None else start, method="BFGS",
                     options={"maxiter": 60})  # fmt: skip
    return np.asarray(found.x, dtype=np.float64)


@dataclass(frozen=True)
class FittedPooledGrowth:
    """What is known of the two blocs at the origin, and the parameters."""

    history: History
    scale: Scale
    known: Examples
    parameters: FloatArray

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times)."""
        months = month_count(horizon)
        share = np.clip(_LOADING + _LOADING_RELEASES * self.known.releases, 0.0, _LOADING_MAX)
        change = np.zeros((draws, 2, months + 1))
        surprise = np.zeros((draws, 2))
        for month in range(1, months + 1):
            common, own = rng.standard_normal((draws, 1)), rng.standard_normal((draws, 2))
            fresh = np.sqrt(share) * common + np.sqrt(1 - share) * own
            kept = 0.0 if month == 1 else ((month - 1) / month) ** _MEMORY
            surprise = kept * surprise + np.sqrt(1 - kept**2) * fresh
            mean, sd = moments(self.parameters, self.known, month)
            change[:, :, month] = mean + sd * surprise
        start = self.scale.growth(self.history.today)
        levels = self.scale.points(start[:, None] + np.maximum(change, 0.0))
        return as_frontier(to_days(levels, horizon, rng), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """The shared parameters, and each bloc's expected change over twelve months."""
        found = named_estimates(PARAMETERS, self.parameters)
        mean, sd = moments(self.parameters, self.known, 12)
        for i, series in enumerate(self.history.blocs):
            found[f"{series.bloc}.change_12"] = Estimate(
                float(mean[i]), float(sd[i]), "growth scale"
            )
        return found


class PooledGrowth:
    """Growth at the recent pace of the bloc and of the index, spread as over the panel."""

    name = "pooled-growth"

    def learn(
        self, panel: Sequence[Example], until: int, start: FloatArray | None = None
    ) -> FloatArray:
        """The fifteen parameters from what the panel had shown by the day `until`."""
        known = panel_examples(panel, until)
        return PRIOR if known is None else learn(known, start)

    def fit(self, history: History) -> FittedPooledGrowth:
        """Needs two records of each bloc, a month apart; else NotEnoughHistory."""
        index, origin, scale = start_of(
            history, "pooled growth needs two records of each bloc over a month"
        )
        known = Examples.join([examples(s, index, origin, scale) for s in history.blocs])
        parameters = history.learnt.get(self.name, PRIOR)
        return FittedPooledGrowth(history, scale, known, parameters)
