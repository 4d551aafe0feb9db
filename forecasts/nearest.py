"""The known name that is probably meant by one that nobody knows."""

from collections.abc import Iterable

CLOSE = 0.6  # least similarity of letters, as `difflib` measures it
_PART = 3  # letters of a name that may be found within another


def nearest(name: str, known: Iterable[str], count: int = 1, close: float = CLOSE) -> list[str]:
    """Up to `count` of the `known` names like `name`, the likest first.

    Case, punctuation and spacing make no difference. A name that the other begins, or is found
    in, comes before one that only has letters in common: those of Ratcliff and Obershelp (1988),
    at least the share `close` of both.
    """
    import difflib

    wanted = _fold(name)
    names: dict[str, str] = {}
    for other in known:
        names.setdefault(_fold(other), other)
    names.pop("", None)
    if not wanted:
        return []
    alike = difflib.get_close_matches(wanted, names, max(count, 1), close)
    within = [n for n in names if len(wanted) >= _PART and wanted in n]
    within.sort(key=lambda n: (not n.startswith(wanted), len(n), n))
    same = [wanted] if wanted in names else []
    return [names[n] for n in dict.fromkeys([*same, *within, *alike])][:count]


def did_you_mean(name: str, known: Iterable[str], count: int = 1) -> str:
    """The question, with a space after it, or nothing where no known name is like `name`."""
    near = nearest(name, known, count)
    if not near:
        return ""
    return f"Did you mean {near[0]!r}? " if count == 1 else f"Did you mean: {'; '.join(near)}? "


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum() or c == "+")
