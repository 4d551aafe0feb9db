"""The default forecast beside AutoARIMA, AutoETS and AutoTheta of statsforecast.

Frontiers of the panel, each once per origin, on the same origins and outcomes, with and without
the floor at the record. Run it in a workspace that holds the panel:

    python benchmarks/statsforecast_baselines.py WORKSPACE

statsforecast is a dependency of this file alone.
"""

import sys
import time
from datetime import date

import numpy as np
import polars as pl

from forecasts.forecasting.panel import build_panel
from forecasts.measures.frontier import to_day
from forecasts.verification import scoring
from forecasts.verification.evaluation import places
from models.contract import DAYS_PER_MONTH
from tracker.workspace import open_workspace

HORIZONS = (6, 12)
WIDTHS = [2 * round(100 * (0.5 - q)) for q in scoring.LEVELS if q < 0.5]  # percent


def main() -> None:
    from statsforecast import StatsForecast
    from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

    workspace = open_workspace(sys.argv[1])
    start = time.perf_counter()
    result = workspace.backtest(panel=True, every="quarter", horizons=HORIZONS, jobs=2)
    ours = time.perf_counter() - start
    fold, column = places(result, "frontier")
    rows = workspace.store.current()
    day = rows["observed_on"].max()
    assert isinstance(day, date)
    members = {
        (m.index_name, m.index_version, m.series.bloc): m
        for m in build_panel(rows, workspace.ceilings(), day)
    }
    folds = result.folds
    spec = folds.select("index_name", "index_version", "leader", "follower", "origin").rows()
    by_origin: dict[date, list[int]] = {}
    for at, f in enumerate(fold.tolist()):
        by_origin.setdefault(spec[f][4], []).append(at)
    names = ("AutoARIMA", "AutoETS", "AutoTheta")
    quantiles = {n: np.full((fold.size, len(HORIZONS), scoring.K), np.nan) for n in names}
    today = np.full(fold.size, np.nan)
    start = time.perf_counter()
    for when, positions in sorted(by_origin.items()):
        origin = to_day(when)
        frames = []
        for at in positions:
            row = spec[fold[at]]
            series = members[(row[0], row[1], row[2 + column[at]])].series
            months = int((origin - series.days[0]) // DAYS_PER_MONTH)
            days = np.round(origin - DAYS_PER_MONTH * np.arange(months, -1, -1)).astype(np.int64)
            levels = series.at(days)
            today[at] = levels[-1]
            frames.append(
                pl.DataFrame({"unique_id": at, "ds": np.arange(levels.size), "y": levels})
            )
        models = [AutoARIMA(season_length=1), AutoETS(season_length=1), AutoTheta(season_length=1)]
        engine = StatsForecast(models=models, freq=1, n_jobs=2)
        found = engine.forecast(df=pl.concat(frames), h=max(HORIZONS), level=WIDTHS)
        for name in names:
            for h, months in enumerate(HORIZONS):
                ahead = found.group_by("unique_id", maintain_order=True).agg(
                    pl.all().gather(months - 1).first()
                )
                low = np.stack([ahead[f"{name}-lo-{w}"].to_numpy() for w in WIDTHS], axis=1)
                high = np.stack([ahead[f"{name}-hi-{w}"].to_numpy() for w in WIDTHS], axis=1)
                quantiles[name][ahead["unique_id"].to_list(), h] = np.hstack([low, high[:, ::-1]])
        print(f"{when}: {len(positions)} frontiers", file=sys.stderr)
    theirs = time.perf_counter() - start
    scale = folds["scale"].to_numpy()[fold]
    default = result.models[0]
    for h, months in enumerate(HORIZONS):
        outcome = result.outcomes[fold, column, h]
        known = np.isfinite(outcome)
        for name in names:
            known &= np.isfinite(quantiles[name][:, h]).all(axis=1)
        print(f"\n{months} months, {int(known.sum())} forecasts of frontiers")
        print("| model | CRPS | with floor | 90% coverage, floor |")
        print("| --- | --- | --- | --- |")
        table = {n: quantiles[n][known, h] for n in names}
        table |= {
            n: result.quantiles[result.models.index(n), fold, column, h][known].astype(float)
            for n in result.models
        }
        for name, q in table.items():
            floored = np.maximum(q, today[known, None])
            plain, with_floor = (
                float(np.mean(scoring.crps(x, outcome[known]) / scale[known])) for x in (q, floored)
            )
            inside = scoring.covered(floored, outcome[known], 0.9, 1e-3 * scale[known])
            print(f"| {name} | {plain:.4f} | {with_floor:.4f} | {inside.mean():.2f} |")
        main_index = np.array(
            [spec[f][0] == "Artificial Analysis Intelligence Index"
             and spec[f][2 + c] in {"US", "CN"} for f, c in zip(fold, column, strict=True)]
        )[known]  # fmt: skip
        print(f"US and CN of the main index ({int(main_index.sum())}), with floor: " + ", ".join(
            f"{name} " + format(float(np.mean(scoring.crps(
                np.maximum(q, today[known, None])[main_index], outcome[known][main_index]
            ) / scale[known][main_index])), ".4f")
            for name, q in table.items()
        ))  # fmt: skip
    print(f"\n{default} with its baselines and the learning of the panel: {ours:.0f} s; "
          f"statsforecast, three models: {theirs:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
