"""Words that say that something is not known."""

_WORDS = frozenset((
    "unknown", "not known", "unspecified", "not specified", "undisclosed", "not disclosed",
    "not stated", "not available", "not applicable", "tbd", "tba", "tbc", "?", "??", "???",
))  # fmt: skip


def says_unknown(cell: str) -> bool:
    """Whether a cell says that what it should hold is not known."""
    return cell.strip().casefold() in _WORDS
