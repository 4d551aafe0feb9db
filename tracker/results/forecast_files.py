"""A forecast as files: JSON, Parquet and plots."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from forecasts.forecasting.forecast import Forecast
from tracker import charts
from tracker.results.exporting import export
from tracker.results.json_values import to_json
from tracker.store.segments import write_atomically
from tracker.text.summary import forecast_document

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def write_forecast(
    workspace: "Workspace",
    forecast: Forecast,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write a forecast into `folder` (made if missing) and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "forecast.json"
    text = json.dumps(to_json(forecast_document(forecast)), ensure_ascii=False, indent=2)
    write_atomically(document, text.encode())
    files = [document]
    tables = {
        "frontier": forecast.frontier,
        "gap": forecast.gap,
        "closure": forecast.closure.by_quarter,
    }
    for name, table in tables.items():
        files.append(folder / f"{name}.parquet")
        export(table, files[-1])
    for name in charts.CHARTS:
        if charts.load(name).NEEDS == "forecast":
            progress(f"drawing {name} ...")
            files.append(workspace.chart(name, folder / f"{name}.png", forecast))
    return files
