"""Trend models: two frontiers in, joint draws of both futures out. Arrays only.

A model is one file and one line here.
"""

from importlib import import_module

from models.contract import TrendModel

MODELS: dict[str, str] = {
    "persistence": "models.persistence:Persistence",
    "random-walk-drift": "models.random_walk:RandomWalkDrift",
    "random-walk-recent": "models.random_walk:RecentRandomWalk",
    "linear-trend": "models.linear_trend:LinearTrend",
    "theil-sen": "models.theil_sen:TheilSen",
    "log-linear": "models.growth_curves:LogLinear",
    "logistic": "models.growth_curves:Logistic",
    "gompertz": "models.growth_curves:Gompertz",
    "segmented-line": "models.segmented_line:SegmentedLine",
    "quantile-regression": "models.quantile_regression:QuantileRegression",
    "local-linear-trend": "models.local_linear_trend:LocalLinearTrend",
    "record-process": "models.record_process:RecordProcess",
    "error-correction": "models.error_correction:ErrorCorrection",
    "lagged-follower": "models.lagged_follower:LaggedFollower",
    "lag-line": "models.lag_line:LagLine",
    "pooled-growth": "models.pooled_growth:PooledGrowth",
    "compound-poisson": "models.compound_poisson:CompoundPoisson",
}


def load(name: str) -> TrendModel:
    """The model known as `name`; raises ValueError, naming the models, when there is none."""
    if name not in MODELS:
        raise ValueError(f"There is no model '{name}'; there are {', '.join(MODELS)}.")
    module, _, attribute = MODELS[name].partition(":")
    model: TrendModel = getattr(import_module(module), attribute)()
    return model
