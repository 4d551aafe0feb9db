"""Keep dated AI-benchmark observations, measure the gap between blocs, and forecast its closing.

`open_workspace` is the Python door to everything the `tracker` command does.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "open_workspace"]

if TYPE_CHECKING:
    from tracker.workspace import open_workspace


def __getattr__(name: str) -> Any:
    # Polars takes longer to import than `tracker --help` may last, so the door opens on first use.
    if name == "open_workspace":
        from tracker.workspace import open_workspace

        return open_workspace
    raise AttributeError(f"module 'tracker' has no attribute {name!r}")
