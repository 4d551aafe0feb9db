"""What is kept of a backtest is what would be made again, and nothing else."""

import importlib
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import models
from forecasts.forecasting.panel import build_panel, make_folds, month_starts
from forecasts.measures.index_spec import nothing_known
from forecasts.verification import backtest as bt
from forecasts.verification.cache import FILE, code_digest, model_digest

MODEL = """
from models.persistence import Persistence

STEP = {step}


class Stepping(Persistence):
    name = "stepping"

    def fit(self, history):
        return Stepped(history)


class Stepped:
    def __init__(self, history):
        self.history = history

    def simulate(self, horizon, draws, rng):
        import numpy as np

        up = np.linspace(0, STEP, draws)[:, None, None]
        return np.broadcast_to(
            self.history.today[None, :, None] + up, (draws, 2, horizon.days.size)
        ).copy()
"""


def rows() -> pl.DataFrame:
    rng = np.random.default_rng(4)
    found = []
    for country, level in (("US", 20.0), ("CN", 12.0)):
        for month in range(36):
            level += rng.gamma(1.0, 1.0)
            found.append(
                {"observation_id": f"{country}{month}", "model_key": f"{country}{month}",
                 "model": f"{country} {month}", "lab": country, "country": country,
                 "released_on": date(2022 + month // 12, month % 12 + 1, 5), "value": level,
                 "index_name": "I", "index_version": "1", "observed_on": date(2026, 1, 1),
                 "source": "s", "open_weights": None, "reasoning": None, "estimated": None,
                 "stderr": None}
            )  # fmt: skip
    return pl.DataFrame(found, schema_overrides={
        "open_weights": pl.Boolean, "reasoning": pl.Boolean, "estimated": pl.Boolean,
        "stderr": pl.Float64})  # fmt: skip


def plan_for(*names: str, until: date = date(2025, 1, 10)) -> bt.Plan:
    members = build_panel(rows(), nothing_known, until)
    folds = make_folds(members, month_starts(date(2024, 1, 1), date(2024, 6, 1), 3))
    return bt.plan(folds, lambda _: members, names, (1, 3), 200, 1)


class Counted:
    """A mapper that counts the folds it was asked for, by model."""

    def __init__(self) -> None:
        self.made: dict[str, int] = {}

    def __call__(self, tasks: list[bt.Task]) -> list[list[bt.FoldForecast]]:
        for task in tasks:
            self.made[task.model] = self.made.get(task.model, 0) + len(task.folds)
        return bt.run_serially(tasks)


@pytest.fixture
def stepping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Register a model whose source can be written anew."""
    package = tmp_path / "models"
    package.mkdir()
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(package)])
    monkeypatch.setitem(models.MODELS, "stepping", "models.stepping:Stepping")

    def write(step: float) -> None:
        (package / "stepping.py").write_text(MODEL.format(step=step))
        importlib.invalidate_caches()
        sys.modules.pop("models.stepping", None)

    yield write
    sys.modules.pop("models.stepping", None)


def test_a_changed_model_is_scored_anew(stepping: Callable[[float], None], tmp_path: Path) -> None:
    stepping(1.0)
    first = bt.run(plan_for("stepping", "persistence"), cache=tmp_path / "c")
    stepping(9.0)
    mapper = Counted()
    second = bt.run(plan_for("stepping", "persistence"), cache=tmp_path / "c", mapper=mapper)
    assert set(mapper.made) == {"stepping"}
    assert second.quantiles[0].max() > first.quantiles[0].max() + 7
    assert np.array_equal(second.quantiles[1], first.quantiles[1])
    # What the old source had made can be used by nobody.
    assert entries(tmp_path / "c") == 2 * first.folds.height


def test_a_changed_module_that_a_model_imports_counts() -> None:
    assert model_digest("pooled-growth") != model_digest("persistence")
    of_helper = code_digest("models.helpers.monthly")
    assert of_helper != code_digest("models.helpers.normal")


def entries(folder: Path) -> int:
    with sqlite3.connect(folder / FILE) as connection:
        return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])


def test_one_more_model_recomputes_no_other(tmp_path: Path) -> None:
    bt.run(plan_for("persistence"), cache=tmp_path)
    mapper = Counted()
    both = bt.run(plan_for("random-walk-drift", "persistence"), cache=tmp_path, mapper=mapper)
    assert set(mapper.made) == {"random-walk-drift"}
    fresh = bt.run(plan_for("random-walk-drift", "persistence"))
    assert np.array_equal(both.quantiles, fresh.quantiles, equal_nan=True)
    assert np.array_equal(both.p_closed, fresh.p_closed, equal_nan=True)


def test_later_releases_keep_what_was_said_before_them(tmp_path: Path) -> None:
    plan = plan_for("persistence")
    bt.run(plan, cache=tmp_path)
    mapper = Counted()
    longer = [
        ([replace(f, leader=replace(f.leader, end=f.leader.end + 99)) for f in group], learnt)
        for group, learnt in plan.groups
    ]
    bt.run(replace(plan, groups=longer), cache=tmp_path, mapper=mapper)
    assert mapper.made == {}


def test_failures_are_kept_too(tmp_path: Path) -> None:
    members = build_panel(rows(), nothing_known, date(2022, 8, 10))
    folds = make_folds(members, np.array([19179]))
    plan = bt.plan(folds, lambda _: members, ("local-linear-trend", "persistence"), (1,), 200, 1)
    first = bt.run(plan, cache=tmp_path)
    mapper = Counted()
    again = bt.run(plan, cache=tmp_path, mapper=mapper)
    assert mapper.made == {}
    assert again.failures.equals(first.failures)
    assert first.failures.height == len(folds) > 0


def test_damage_and_what_version_0_1_left_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "0f.npz").write_bytes(b"old")
    (tmp_path / FILE).write_bytes(b"no database at all, but some bytes" * 100)
    plan = plan_for("persistence")
    found = bt.run(plan, cache=tmp_path)
    assert found.quantiles.shape[1] == len(plan.folds)
    assert entries(tmp_path) == len(plan.folds)
    assert not (tmp_path / "0f.npz").exists()


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    assert bt.run(plan_for("persistence"), cache=file / "c").folds.height
