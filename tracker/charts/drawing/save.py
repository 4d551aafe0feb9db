"""Write a figure to a file, whole or not at all, the same bytes for the same figure."""

import io
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

from forecasts.errors import UsageError
from tracker.charts.drawing.fonts import with_all_signs
from tracker.store.segments import write_atomically

_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": "gap-tracker"},
    ".svg": {"Date": None, "Creator": "gap-tracker"},
    ".pdf": {"CreationDate": None, "Creator": "gap-tracker", "Producer": None},
}


def save(figure: Any, path: Path) -> None:
    """Write a plotnine figure as .png, .svg or .pdf by the suffix of `path`."""
    if path.suffix not in _METADATA:
        raise UsageError(
            f"'{path}' does not end in .png, .svg or .pdf.", "Choose one.", "unknown_suffix"
        )
    import matplotlib

    matplotlib.use("Agg")
    buffer = io.BytesIO()
    # A dollar sign in a name is a dollar sign: no text here is a formula.
    settings: Any = {
        "svg.hashsalt": "gap-tracker", "text.parse_math": False,
    }  # fmt: skip
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Drawing alters the figure a little: a copy keeps a second drawing the same.
        drawn = deepcopy(figure).draw()
        with_all_signs(drawn)
        drawn.savefig(buffer, format=path.suffix[1:], dpi=160, metadata=_METADATA[path.suffix])
    from matplotlib import pyplot

    pyplot.close(drawn)
    write_atomically(path, buffer.getvalue())
