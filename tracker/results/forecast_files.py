"""A forecast as files: JSON, Parquet and plots."""

import json
from collections.abc import Callable
from pathlib import Path

from forecasts.forecasting.forecast import Forecast
from tracker import charts
from tracker.charts.figures import draw_chart
from tracker.charts.subjects import forecast_subject
from tracker.results.exporting import export
from tracker.results.json_values import to_json
from tracker.store.outputs import refuse_store, write_output
from tracker.text.summary import forecast_document
from tracker.workspace_data import WorkspaceData


def write_forecast(
    data: WorkspaceData,
    forecast: Forecast,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write a forecast into `folder` (made if missing) and return the files."""
    refuse_store(folder / "forecast.json")
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "forecast.json"
    text = json.dumps(to_json(forecast_document(forecast)), ensure_ascii=False, indent=2)
    write_output(document, text.encode())
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
        if charts.load(name).subject is forecast_subject:
            progress(f"drawing {name} ...")
            files.append(draw_chart(data, name, folder / f"{name}.png", forecast))
    return files
