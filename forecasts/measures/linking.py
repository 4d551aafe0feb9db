"""A link: one index version's values on another's scale, with what it errs, and draws of it.

Test equating: Kolen and Brennan (2014), Test Equating, Scaling, and Linking, 3rd ed.; for index
numbers the same is called splicing. Values marked estimated say what the publisher's own link was
and are no evidence for this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.measures.link_choice import (
    COMPONENTS,
    LEAST,
    Trial,
    by_components,
    by_total,
    choose,
    robust_size,
    try_methods,
)
from forecasts.measures.link_methods import (
    VALUE_METHODS,
    Component,
    ComponentFit,
    ValueFit,
    fit_components,
    fit_values,
)
from models.helpers.constrained_regression import DEGREES
from models.helpers.monotone import Curve

FloatArray = NDArray[np.float64]

_OUTLIER = 3.5  # robust z, as usual for the median absolute deviation (Iglewicz and Hoaglin 1993)
_ENOUGH = 0.5  # share of the weight whose components must be held to go through them


class UnlinkedVersions(ValueError):
    """Too few models were measured on both versions."""


@dataclass(frozen=True)
class Link:
    """A map from `source` to `target` as of `dated`.

    n_common, n_measured, n_estimated: models with a value on both; measured on both; the rest.
    method: the one chosen; trials: how each did on the measured models.
    rmse, rmse_top, rmse_beyond: of the chosen one (see `Trial`), in points of `target`.
    spearman: rank correlation of the measured models' values.
    outliers: measured models that fit badly, the worst first.
    publisher_rmse, publisher_bias: the publisher's estimates minus this link's values; None where
        there is no estimate.
    shared: correlation of the scatter of two models of one lab.
    """

    source: str
    target: str
    dated: date
    n_common: int
    n_measured: int
    n_estimated: int
    method: str
    trials: dict[str, Trial]
    spearman: float
    outliers: tuple[str, ...]
    common: pl.DataFrame
    value: ValueFit
    components: ComponentFit | None
    publisher_rmse: float | None
    publisher_bias: float | None
    shared: float

    @property
    def rmse(self) -> float:
        return self.trials[self.method].rmse

    @property
    def rmse_top(self) -> float:
        return self.trials[self.method].rmse_top

    @property
    def rmse_beyond(self) -> float | None:
        return self.trials[self.method].rmse_beyond

    @property
    def rms_z(self) -> float:
        return self.trials[self.method].rms_z

    def map(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (m,) of `source` on `target`'s scale, and a model's standard errors (m,)."""
        return self.value.predict(np.asarray(values, dtype=np.float64))

    def move(self, models: pl.DataFrame) -> pl.DataFrame:
        """Models on `target`'s scale, through their components where enough are held.

        Args:
            models: `from_value`, and the components' columns where there are any.

        Returns:
            a row each: `value`, `stderr` (of the model's value), and `through`: "computed" from
            every component at published weights, "components", or the "total" alone.
        """
        to, stderr = self.map(models["from_value"].to_numpy())
        through = np.full(models.height, "total", dtype=object)
        mixable = self._through_components(models)
        if self.components is not None and mixable.any():
            mixed, errors = self.components.predict(models)
            to, stderr = np.where(mixable, mixed, to), np.where(mixable, errors, stderr)
            through[mixable] = COMPONENTS
            if self.components.published:
                through[mixable & self.components.scores(models).whole] = "computed"
        return pl.DataFrame(
            {"value": to, "stderr": stderr, "through": pl.Series(through.tolist(), dtype=pl.String)}
        )

    @cached_property
    def points(self) -> pl.DataFrame:
        """The measured models' values, linked: from, to, stderr, by from."""
        at = np.unique(self.common["from_value"].to_numpy())
        to, stderr = self.map(at)
        return pl.DataFrame({"from": at, "to": to, "stderr": stderr})

    def draw(self, n: int, rng: np.random.Generator) -> "LinkDraws":
        """n draws of the link; each moves all models at once."""
        maps, sigma = self.value.draw(n, rng)
        return LinkDraws(self, maps, sigma, int(rng.integers(2**31)))

    def _through_components(self, models: pl.DataFrame) -> NDArray[np.bool_]:
        if self.components is None or self.method != COMPONENTS:
            return np.zeros(models.height, dtype=np.bool_)
        return self.components.scores(models).held >= _ENOUGH


@dataclass(frozen=True)
class LinkDraws:
    """n draws of a link.

    maps: the maps of the total, non-decreasing. What a single model departs from them by is drawn
    from its key, so that a model is the same in a draw wherever it is asked for.
    """

    link: Link
    maps: Curve
    sigma: FloatArray
    seed: int

    def values(self, values: FloatArray) -> FloatArray:
        """The maps alone: (n, m) at values (m,), or at (n, m), the values of each draw."""
        return self.maps(values)

    def models(self, models: pl.DataFrame) -> FloatArray:
        """(n, m): the moved values of models, with what each departs from the map by.

        Args:
            models: `model_key`, `from_value`; `lab`, where given, lets models of one lab depart
                together; the components' columns where there are any.
        """
        own = self.departures(models)
        moved = self.maps(models["from_value"].to_numpy()) + self.sigma[:, None] * own
        through = self.link._through_components(models)
        fit = self.link.components
        if fit is not None and through.any():
            scores = fit.scores(models)
            # From the seed: the same draws of the mix whichever models are asked for.
            rng = np.random.default_rng([self.seed, 1])
            mixed, weights, sigma = fit.mix.draw(scores.values, self.sigma.size, rng)
            noise = _normal(self.seed + 1, models["model_key"].to_list(), self.sigma.size)
            mixed += fit.factor * sigma[:, None] * own + scores.shaken(weights, noise)
            moved = np.where(through, mixed, moved)
        return moved

    def departures(self, models: pl.DataFrame) -> FloatArray:
        """(n, m): departures of models from the map in units of the scatter."""
        n, shared = self.sigma.size, self.link.shared
        own = _student(self.seed, models["model_key"].to_list(), n)
        if shared == 0 or "lab" not in models.columns:
            return own
        labs = models["lab"].fill_null("").to_list()
        together = _student(self.seed + 2, [f"lab {lab}" for lab in labs], n)
        return np.sqrt(shared) * together + np.sqrt(1 - shared) * own


def common_models(
    observations: pl.DataFrame, source: str, target: str, as_of: date
) -> pl.DataFrame:
    """Models with a value on both versions, as known at `as_of`: the pairs that `fit_link` takes.

    Of a model's values on one version the last measured one counts, else the last.

    Args:
        observations: current rows of one index: model_key, index_version, value, estimated,
            observed_on, and released_on and lab where there are any.
    """
    known = observations.filter(
        (pl.col("observed_on") <= as_of) & pl.col("index_version").is_in([source, target])
    )
    extra = [c for c in ("released_on", "lab") if c in observations.columns]
    last = last_measured(known, ["model_key", "index_version"], extra)
    one, other = (last.filter(pl.col("index_version") == v) for v in (source, target))
    return (
        one.rename({"value": "from_value", "estimated": "from_estimated"})
        .join(other.select("model_key", to_value="value", to_estimated="estimated"), on="model_key")
        .drop("index_version")
        .sort("model_key")
    )


def last_measured(rows: pl.DataFrame, keys: Sequence[str], extra: Sequence[str]) -> pl.DataFrame:
    """`keys`, value and estimated of each of `keys`: the last measured value, else the last one;
    and what of the columns `extra` is known last."""
    return (
        rows.drop_nulls("value")
        .with_columns(pl.col("estimated").fill_null(False))
        .sort(~pl.col("estimated"), "observed_on", "value")
        .group_by(keys, maintain_order=True)
        .agg(pl.col("value", "estimated").last(), pl.col(extra).drop_nulls().last())
    )


def fit_link(
    pairs: pl.DataFrame,
    source: str,
    target: str,
    dated: date,
    *,
    components: Sequence[Component] = (),
    pool: pl.DataFrame | None = None,
    method: str | None = None,
) -> Link:
    """Link `source` to `target` from the models that have a value on both.

    Args:
        pairs: a row a model: model_key, from_value, to_value, from_estimated, to_estimated; also
            released_on, lab and the components' columns where there are any.
        dated: the day that `pairs` is known as of.
        pool: more models with components' columns and from_value, to fill missing scores from.
        method: a name of `VALUE_METHODS` or "components"; None chooses.

    Raises:
        UnlinkedVersions: fewer than five models are measured on both.
        ValueError: there is no such method.
    """
    common = pairs.drop_nulls(["from_value", "to_value"]).sort("model_key")
    estimated = pl.col("from_estimated").fill_null(False) | pl.col("to_estimated").fill_null(False)
    measured = common.filter(~estimated)
    if measured.height < LEAST or measured["from_value"].n_unique() < 3:
        raise UnlinkedVersions(
            f"{measured.height} models are measured on both {source} and {target}; "
            f"a link needs {LEAST}"
        )
    names = [*VALUE_METHODS, COMPONENTS]
    if method is not None and method not in names:
        raise ValueError(f"there is no method '{method}'; there are {', '.join(names)}")
    trials = try_methods(measured, by_total)
    by_value = method if method in trials else choose(trials)
    if components:
        trials |= try_methods(measured, by_components(components, pool))
    if method is not None and method not in trials:
        raise ValueError(f"the method '{method}' needs component scores, and there are none")
    chosen = method or choose(trials)
    x, y = (measured[c].to_numpy().astype(np.float64) for c in ("from_value", "to_value"))
    everything = np.concatenate([x, [] if pool is None else pool["from_value"].drop_nulls()])
    reach = (float(everything.min()), float(everything.max()))
    value = replace(fit_values(x, y, reach)[by_value], factor=trials[by_value].factor)
    mixed = fit_components(measured, y, components, pool) if chosen == COMPONENTS else None
    if mixed is not None:
        mixed = replace(mixed, factor=trials[COMPONENTS].factor)
    link = Link(
        source=source,
        target=target,
        dated=dated,
        n_common=common.height,
        n_measured=measured.height,
        n_estimated=common.height - measured.height,
        method=chosen,
        trials=trials,
        spearman=_spearman(x, y),
        outliers=_outliers(measured, trials[chosen]),
        common=measured,
        value=value,
        components=mixed,
        publisher_rmse=None,
        publisher_bias=None,
        shared=_shared(measured, trials[chosen]),
    )
    return _with_publisher(link, common.filter(estimated & pl.col("to_estimated")))


def _with_publisher(link: Link, estimates: pl.DataFrame) -> Link:
    """The link with how the publisher's estimates differ from it."""
    if estimates.is_empty():
        return link
    apart = estimates["to_value"].to_numpy() - link.move(estimates)["value"].to_numpy()
    return replace(
        link,
        publisher_rmse=float(np.sqrt(np.mean(apart**2))),
        publisher_bias=float(np.mean(apart)),
    )


def _outliers(measured: pl.DataFrame, chosen: Trial) -> tuple[str, ...]:
    z = np.abs(chosen.errors) / robust_size(chosen.errors)
    order = [int(i) for i in np.argsort(-z) if z[i] > _OUTLIER]
    return tuple(measured["model_key"][i] for i in order)


def _shared(measured: pl.DataFrame, chosen: Trial) -> float:
    """Correlation of the departures of one lab's models, shrunk towards none for few pairs."""
    if "lab" not in measured.columns:
        return 0.0
    z = np.clip(chosen.errors / chosen.stderrs, -2.5, 2.5)
    z = z - z.mean()
    labs = measured["lab"].to_numpy()
    i, j = np.triu_indices(z.size, 1)
    same = (labs[i] == labs[j]) & (labs[i] != None)  # noqa: E711
    pairs = int(same.sum())
    if pairs == 0 or not z.any():  # nobody shares it, or there is nothing to share
        return 0.0
    correlation = float(np.mean(z[i[same]] * z[j[same]]) / np.mean(z**2))
    return float(np.clip(correlation * pairs / (pairs + 20.0), 0.0, 0.8))


def _spearman(x: FloatArray, y: FloatArray) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(x, y).statistic)


def _student(seed: int, keys: Sequence[str], n: int) -> FloatArray:
    """(n, m) Student-t numbers, each column the key's own."""
    columns = [
        np.random.default_rng([seed, crc32(key.encode())]).standard_t(DEGREES, n) for key in keys
    ]
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def _normal(seed: int, keys: Sequence[str], n: int) -> FloatArray:
    """(n, m) standard normal numbers, each column the key's own."""
    columns = [
        np.random.default_rng([seed, crc32(key.encode())]).standard_normal(n) for key in keys
    ]
    return np.column_stack(columns) if columns else np.zeros((n, 0))
