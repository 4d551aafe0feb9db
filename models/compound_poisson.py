"""A frontier moves by records: a compound Poisson process whose pace is uncertain.

On a scale that respects the ceiling the change of a frontier over h months is the sum of N jumps,

    N ~ Poisson(c(h)),   jump ~ Gamma(shape k, mean m(h) u / c(h)),   u = exp(s z - s^2 / 2),

z one normal draw for the whole horizon, shared in part by the two blocs. The expected number of
records c and the expected change m are

    log c(h) = a . x + a_w wait r(h) + log h
    log m(h) = b . x + b_w wait r(h) + log(h (w . rates) + v gap (1 - exp(-h / 6)))
               - d log(pace / usual),      pace = w . rates + v gap / 6,

with x = (1, records of the bloc within a year, releases on the index within a quarter, level below
the ceiling), the two in the middle as logarithms and for the count alone; `rates` of growth of the
bloc and of the best model of the index; `gap` the distance to that best model; `wait` the time
since the last record in units of the bloc's usual wait, whose influence fades, r(h) being the mean
of exp(-t / 3) over h months. An unusual pace returns in part (d) to the `usual` one, that of the
index's best model since the index began.

No jump is the mass at zero, jumps are the tail, and over long horizons their number makes the sum
follow the pace. The law: `models.helpers.poisson_gamma`. The parameters are shared by all series:
their prior is below, and the panel moves them by the composite likelihood (Varin, Reid and Firth
2011, Statistica Sinica 21) of changes over one to twelve months.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

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
    Series,
    as_frontier,
)
from models.helpers.poisson_gamma import draw_sums, log_density
from models.pooled_growth import (
    Scale,
    growth_rates,
    index_sizes,
    named_estimates,
    scale_for,
    start_of,
)

# name, prior mean, prior standard deviation: the mean is what the panel said on 2025-06-10.
PARAMETERS: tuple[tuple[str, float, float], ...] = (
    ("count", -1.20, 0.3),
    ("count_records", 0.58, 0.3),
    ("count_activity", 0.31, 0.3),
    ("count_level", -0.56, 0.3),
    ("count_wait", 0.18, 0.3),
    ("change", 0.15, 0.05),
    ("change_level", -0.85, 0.1),
    ("change_wait", 0.16, 0.3),
    ("regression", 0.39, 0.3),
    ("log_shape", 0.28, 0.3),
    ("log_spread", -0.86, 0.3),
)
PRIOR = np.array([mean for _, mean, _ in PARAMETERS])
_PRIOR_SD = np.array([sd for _, _, sd in PARAMETERS])
_COUNT, _CHANGE, _SHAPE, _SPREAD = slice(0, 5), slice(5, 9), 9, 10

# Weights of own and index rates over 6, 12 and 24 months, and of the gap: those that pooled growth
# holds tightly, since a panel of few years cannot tell them.
_RATES = np.array([0.05, 0.30, 0.10, 0.25, 0.30, 0.00])
_CATCH_UP, _CATCH_UP_MONTHS = 0.10, 6.0
_LEAST = 1e-4  # of the scale a month: no frontier stands still for certain
_LEAST_USUAL = 1e-3  # likewise, of an index since it began
_WAIT_MONTHS = 3.0
_SHARED = 0.5  # part of the pace's variance that two blocs have in common
_NO_LEVEL = 0.4  # where there is no ceiling

LEARNT_AT = (1, 2, 3, 6, 9, 12)  # months
# Changes over many months overlap: of those over six months every second origin is taken.
_EVERY = (1, 1, 1, 2, 3, 4)
_WEIGHT = 0.05  # of one month's change, divided by the root of the months, three at most


@dataclass(frozen=True)
class Known:
    """What is known of series at n origins; lengths are in shares of the index's scale.

    `rates` (n, 6) and `usual` (n,) per month, `gap` (n,), `factors` (n, 4): one, level, log
    records, log activity; `wait` (n,), `scale` (n,) in points of growth.
    """

    rates: FloatArray
    usual: FloatArray
    gap: FloatArray
    factors: FloatArray
    wait: FloatArray
    scale: FloatArray

    @property
    def steady(self) -> FloatArray:
        """Growth a month as it has been lately, the share of the gap that is caught up included."""
        return self.rates @ _RATES + _CATCH_UP / _CATCH_UP_MONTHS * self.gap + _LEAST

    def design(self, months: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """What the logs of count and change are linear in: (5, n, ...) and (4, n, ...)."""
        h = np.asarray(months, dtype=np.float64)
        each = (slice(None), *(None,) * h.ndim)
        fresh = _WAIT_MONTHS / h * -np.expm1(-h / _WAIT_MONTHS)
        wait = self.wait[each] * fresh
        one, level, records, activity = (x[each] + np.zeros(h.shape) for x in self.factors.T)
        unusual = np.log(self.steady / (self.usual + _LEAST_USUAL))[each] + np.zeros(h.shape)
        return np.stack([one, records, activity, level, wait]), np.stack(
            [one, level, wait, -unusual]
        )

    @staticmethod
    def join(parts: "Sequence[Known]") -> "Known":
        """All of several."""
        return Known(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Known)))

    def __getitem__(self, chosen: FloatArray) -> "Known":
        return Known(*(getattr(self, f.name)[chosen] for f in fields(Known)))


def know(series: Series, index: Series, origins: IntArray, scale: Scale) -> Known:
    """Features of `series` at each of `origins` (n,), from nothing later.

    An origin must not lie before the series' first record; `index` is the frontier of all models.
    """
    origins = np.asarray(origins, dtype=np.int64)
    points = series.at(origins)
    today, best = scale.growth(points), scale.growth(index.at(origins))
    size = index_sizes(index, origins, scale)
    first = scale.growth(index.values[:1])
    passed = np.maximum((origins - index.days[0]) / DAYS_PER_MONTH, 6.0)
    records = _within(series.days, origins, 365)
    activity = _within(index.release_days, origins, 91)
    last = series.days[np.searchsorted(series.days, origins, side="right") - 1]
    level = (
        np.clip(points / scale.ceiling, 0.0, 1.0)
        if np.isfinite(scale.ceiling)
        else np.full(points.shape, _NO_LEVEL)
    )
    return Known(
        growth_rates(series, index, origins, scale) / size[:, None],
        (best - first) / passed / size,
        np.maximum(best - today, 0.0) / size,
        np.stack(
            [
                np.ones(origins.size),
                level - 0.5,
                np.log((0.5 + records) / 3.35),
                np.log((1.0 + activity) / 26.0),
            ],
            axis=1,
        ),
        np.log((origins - last + 15.0) / 365.0 * (1.0 + records)),
        size,
    )


def _within(days: IntArray, origins: IntArray, width: int) -> IntArray:
    upto = np.searchsorted(days, origins, side="right")
    return upto - np.searchsorted(days, origins - width, side="right")


def expectations(
    parameters: FloatArray, known: Known, months: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Log of the expected number of records and of the expected change, in shares of the scale.

    Args:
        months: horizons, shape (times,) or a number.

    Returns:
        Two arrays of shape (n, times), or (n,).
    """
    h = np.asarray(months, dtype=np.float64)
    each = (slice(None), *(None,) * h.ndim)
    caught_up = _CATCH_UP * -np.expm1(-h / _CATCH_UP_MONTHS)
    ahead = h * (known.rates @ _RATES + _LEAST)[each] + caught_up * known.gap[each]
    of_count, of_change = known.design(months)
    return (
        np.tensordot(parameters[_COUNT], of_count, 1) + np.log(h),
        np.tensordot(parameters[_CHANGE], of_change, 1) + np.log(ahead),
    )


@dataclass(frozen=True)
class Examples:
    """What was known at origins, and the changes that came, (n, len(LEARNT_AT)), nan if unknown."""

    known: Known
    change: FloatArray


def panel_examples(panel: Sequence[Example], until: int) -> Examples | None:
    """Monthly examples of every frontier, with what had come of them by the day `until`."""
    known: list[Known] = []
    changes: list[FloatArray] = []
    for member in panel:
        series = member.series
        if series.days.size < MIN_RECORDS:
            continue
        start = max(int(series.days[0]) + MIN_DAYS, int(series.days[MIN_RECORDS - 1]))
        end = min(member.end, until)
        origins = np.arange(start, end - 30, 30, dtype=np.int64)
        if origins.size:
            scale = scale_for(member.index.until(until), member.ceiling, member.scale)
            part = know(series, member.index, origins, scale)
            ahead = origins[:, None] + np.round(np.array(LEARNT_AT) * DAYS_PER_MONTH).astype(int)
            change = scale.growth(series.at(ahead)) - scale.growth(series.at(origins))[:, None]
            taken = np.arange(origins.size)[:, None] % np.array(_EVERY) == 0
            known.append(part)
            changes.append(np.where((ahead <= end) & taken, change / part.scale[:, None], np.nan))
    return Examples(Known.join(known), np.concatenate(changes)) if known else None


def learn(examples: Examples, start: FloatArray | None = None) -> FloatArray:
    """Parameters that the examples and the prior make likely together, shape (11,)."""
    from scipy.optimize import minimize

    data: list[tuple[float, float, Known, FloatArray]] = []
    for at, months in enumerate(LEARNT_AT):
        has = np.isfinite(examples.change[:, at])
        if has.any():
            change = examples.change[has, at]
            data.append((
                float(months), _WEIGHT / float(np.sqrt(min(months, 3))),
                examples.known[has], np.where(change < 1e-6, 0.0, change),
            ))  # fmt: skip

    def loss(free: FloatArray) -> tuple[float, FloatArray]:
        parameters = PRIOR + free * _PRIOR_SD
        value, slope = float(free @ free) / 2, free.copy()
        shape, spread = float(parameters[_SHAPE]), float(np.exp(parameters[_SPREAD]))
        for months, weight, known, change in data:
            count, mean = expectations(parameters, known, months)
            density, by = log_density(change, count, mean, shape, spread)
            value -= weight * float(density.sum())
            of_count, of_change = known.design(months)
            each = np.concatenate([of_count @ by[0], of_change @ by[1], by[2:].sum(axis=1)])
            slope -= weight * each * _PRIOR_SD
        return value, slope

    if not data:
        return PRIOR.copy()
    first = np.zeros(PRIOR.size) if start is None else (start - PRIOR) / _PRIOR_SD
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return PRIOR + np.asarray(found.x, dtype=np.float64) * _PRIOR_SD


@dataclass(frozen=True)
class FittedCompoundPoisson:
    """What is known of the two blocs at the origin, and the parameters."""

    history: History
    scale: Scale
    known: Known
    parameters: FloatArray

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times)."""
        count, mean = (np.exp(x) for x in expectations(self.parameters, self.known, horizon.months))
        shape, spread = np.exp(self.parameters[_SHAPE:])
        if self.scale.logarithmic:
            # The mean of an exponential needs light tails.
            shape, spread = 4 * shape, spread / 2
        z = np.sqrt(_SHARED) * rng.standard_normal((draws, 1)) + np.sqrt(
            1 - _SHARED
        ) * rng.standard_normal((draws, 2))
        pace = np.exp(spread * z - spread**2 / 2)
        count, mean = np.maximum.accumulate(count, axis=1), np.maximum.accumulate(mean, axis=1)
        change = draw_sums(count, mean, float(shape), pace, rng) * self.known.scale[:, None]
        start = self.scale.growth(self.history.today)
        return as_frontier(self.scale.points(start[:, None] + change), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """The shared parameters, and each bloc's records and change expected over twelve months."""
        found = named_estimates(PARAMETERS, self.parameters)
        count, mean = expectations(self.parameters, self.known, 12.0)
        for i, series in enumerate(self.history.blocs):
            found[f"{series.bloc}.records_12"] = Estimate(float(np.exp(count[i])), None, "records")
            found[f"{series.bloc}.change_12"] = Estimate(
                float(np.exp(mean[i]) * self.known.scale[i]), None, "growth scale"
            )
        return found


class CompoundPoisson:
    """Records as jumps at the rate and pace of the bloc and of the index, as over the panel."""

    name = "compound-poisson"

    def learn(
        self, panel: Sequence[Example], until: int, start: FloatArray | None = None
    ) -> FloatArray:
        """The eleven parameters from what the panel had shown by the day `until`."""
        examples = panel_examples(panel, until)
        return PRIOR if examples is None else learn(examples, start)

    def fit(self, history: History) -> FittedCompoundPoisson:
        """Needs two records of each bloc, a month apart; else NotEnoughHistory."""
        index, origin, scale = start_of(
            history, "records need two of each bloc over a month to be counted"
        )
        known = Known.join([know(s, index, origin, scale) for s in history.blocs])
        parameters = history.learnt.get(self.name, PRIOR)
        return FittedCompoundPoisson(history, scale, known, parameters)
