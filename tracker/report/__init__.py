"""The quarterly report: one self-contained HTML file."""

from tracker.report.document import build_report
from tracker.report.results import ReportRequest

__all__ = ["ReportRequest", "build_report"]
