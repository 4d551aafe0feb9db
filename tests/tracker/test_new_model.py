"""A model that learns is one file and one line: registered, taught, forecast with, removed."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from forecasts.errors import UsageError
from forecasts.measures.frontier import to_day
from models import MODELS, load
from models.contract import LearningModel
from tests.conftest import june_workspace
from tracker.workspace import Workspace

FILE = '''
"""Both frontiers rise at the mean pace of all frontiers of the panel."""

import numpy as np

from models.contract import DAYS_PER_MONTH, Estimate, NotEnoughHistory, as_frontier

calls = []


class Fitted:
    def __init__(self, history, pace):
        self.history, self.pace = history, pace

    def simulate(self, horizon, draws, rng):
        paces = self.pace * rng.gamma(400.0, 1 / 400, (draws, 2, 1))
        return as_frontier(self.history.today[:, None] + paces * horizon.months, self.history)

    def summary(self):
        return {"pace": Estimate(float(self.pace), None, "points/month")}


class MeanPace:
    name = "mean-pace"

    def learn(self, panel, until, start=None):
        calls.append((len(panel), until, start))
        known = [e.series.until(until) for e in panel]
        paces = [
            (s.values[-1] - s.values[0]) / (s.days[-1] - s.days[0]) * DAYS_PER_MONTH
            for s in known if s.days.size > 1
        ]
        return np.array([np.mean(paces) if paces else 0.0])

    def fit(self, history):
        if self.name not in history.learnt:
            raise NotEnoughHistory("nothing was learnt")
        return Fitted(history, float(history.learnt[self.name][0]))
'''


def test_a_model_that_learns_is_a_file_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = june_workspace(tmp_path / "w")
    (tmp_path / "mean_pace.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(MODELS, "mean-pace", "mean_pace:MeanPace")
    assert isinstance(load("mean-pace"), LearningModel)
    forecast = demo.forecast(models=["mean-pace", "persistence"], draws=400, horizon_months=12)
    assert forecast.failed == []
    import mean_pace  # type: ignore[import-not-found]

    [(members, until, start)] = mean_pace.calls
    assert members > 20
    assert (until, start) == (to_day(date(2026, 6, 10)), None)
    learnt = demo.learnt(["mean-pace"], date(2026, 6, 10), "real")
    pace = demo.fit(models=["mean-pace"])["estimate"].item()
    assert pace == learnt["mean-pace"][0] > 0
    rise = forecast.paths["mean-pace"][:, 0, -1].mean() - forecast.leader.values[-1]
    assert rise == pytest.approx(12 * pace, rel=0.02)
    # Each quarter of a backtest begins from what was learnt in the one before.
    mean_pace.calls.clear()
    days = (date(2026, 1, 1), date(2026, 5, 1))
    result = demo.backtest(models=["mean-pace"], first=days[0], last=days[1], horizons=[1])
    assert np.isfinite(result.quantiles[result.models.index("mean-pace")]).all()
    assert [until for _, until, _ in mean_pace.calls] == [
        to_day(date(2026, 1, 1)), to_day(date(2026, 4, 1)),
    ]  # fmt: skip
    assert mean_pace.calls[0][2] is None
    assert mean_pace.calls[1][2][0] > 0


def test_once_its_line_is_gone_there_is_no_such_model(demo: Workspace) -> None:
    with pytest.raises(UsageError, match="no model 'mean-pace'"):
        demo.forecast(models=["mean-pace"])
