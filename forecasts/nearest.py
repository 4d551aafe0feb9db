"""The known name that is probably meant by one that nobody knows."""

from collections.abc import Iterable

CLOSE = 0.6  # least similarity of letters, as `difflib` measures it
_PART = 3  # letters of a name that may be found within another


def nearest(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """Up to `count` of the `known` names like `name`, the likest first.

    Case, punctuation and spacing make no difference. A name that the other begins, or is found
    in, comes before one that only has letters in common, see `similar`.
    """
    names = _folded(known)
    wanted = _fold(name)
    within = [n for n in names if len(wanted) >= _PART and wanted in n]
    within.sort(key=lambda n: (n != wanted, not n.startswith(wanted), len(n), n))
    found = [*(names[n] for n in within), *similar(name, names.values(), count)]
    return list(dict.fromkeys(found))[:count]


def similar(name: str, known: Iterable[str], count: int = 1, close: float = CLOSE) -> list[str]:
    """Up to `count` of the `known` names that share at least `close` of both names' letters.

    The measure is that of Ratcliff and Obershelp (Dr. Dobb's Journal, July 1988), the likest
    first; case, punctuation and spacing make no difference.
    """
    from difflib import get_close_matches

    names = _folded(known)
    return [names[n] for n in get_close_matches(_fold(name), names, count, close)]


def did_you_mean(name: str, known: Iterable[str], count: int = 1) -> str:
    """The question, with a space after it, or nothing where no known name is like `name`."""
    near = nearest(name, known, count)
    if not near:
        return ""
    return f"Did you mean '{near[0]}'? " if count == 1 else f"Did you mean: {'; '.join(near)}? "


def _folded(known: Iterable[str]) -> dict[str, str]:
    """Names by what counts of them; of those that are alike in it the first."""
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(_fold(name), name)
    names.pop("", None)
    return names


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum() or c == "+")
