"""Imports go one way, and a source, a model and a chart are one line of registration each."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "models": {"models", "numpy", "scipy", "statsmodels"},
    "forecasts": {"models", "forecasts", "numpy", "scipy", "polars"},
}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            )  # fmt: skip
            tops = {n.split(".")[0] for n in names} - set(sys.stdlib_module_names)
            assert tops <= ALLOWED[package], f"{file}: {tops - ALLOWED[package]}"


def test_a_source_and_a_chart_are_registered_by_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker import charts, sources

    monkeypatch.setitem(sources.SOURCES, "again", "tracker.sources.csv")
    assert sources.load("again").DESCRIPTION
    monkeypatch.setitem(charts.CHARTS, "again", "tracker.charts.gap")
    assert charts.load("again").title


def test_files_have_one_subject() -> None:
    long = [
        f"{f.relative_to(ROOT)}"
        for package in ("models", "forecasts", "tracker")
        for f in (ROOT / package).rglob("*.py")
        if len(f.read_text("utf-8").splitlines()) > 450
    ]
    assert long == []
