"""Trend models: two frontiers in, joint draws of both futures out. Arrays only.

A model is one file and one line here.
"""

from importlib import import_module

from models.history import TrendModel

MODELS: dict[str, str] = {
    "persistence": "models.persistence:Persistence",
    "random-walk-drift": "models.random_walk:RandomWalkDrift",
    "linear-trend": "models.linear_trend:LinearTrend",
}


def load(name: str) -> TrendModel:
    """The model known as `name`; raises ValueError, naming the models, when there is none."""
    if name not in MODELS:
        raise ValueError(f"There is no model '{name}'; there are {', '.join(MODELS)}.")
    module, _, attribute = MODELS[name].partition(":")
    model: TrendModel = getattr(import_module(module), attribute)()
    return model
