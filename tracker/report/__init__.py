"""The quarterly report: one self-contained HTML file."""

from tracker.report.document import build_report

__all__ = ["build_report"]
