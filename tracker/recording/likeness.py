"""Names that are probably meant for others: of models and of labs."""

import difflib
import re
from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from forecasts.measures.variants import base_model
from forecasts.nearest import similar
from tracker.store.schema import model_key
from tracker.workspace_data import WorkspaceData

_CLOSE = 0.84  # letters that the name of a lab shares with the one that was meant
_MAX_PAIRS = 200_000  # of names compared letter by letter; beyond it only equal letters count


def near_duplicates(names: Sequence[str], known: pl.DataFrame) -> dict[str, str]:
    """The known name that is probably meant by each of `names`, where there is one.

    `known` has model and model_key. Versions differ by their digits and variants by their brackets,
    so names that differ there are different models; what remains must be nearly the same letters.
    """
    by_digits: dict[str, list[str]] = defaultdict(list)
    for other in known["model"]:
        by_digits[_digits(other)].append(other)
    wanted = [name for name in names if by_digits.get(_digits(name))]
    every = list(dict.fromkeys([*wanted, *(o for n in wanted for o in by_digits[_digits(n)])]))
    # Without mode and effort: another variant of a known model is no slip.
    bases = pl.DataFrame({"model": every}, schema={"model": pl.String})
    base = dict(zip(every, bases.select(base_model(pl.col("model")))["model"], strict=True))
    key = dict(zip(known["model"], known["model_key"], strict=True))
    found: dict[str, str] = {}
    pairs = 0
    for name in wanted:
        own, letters = model_key(name), _letters(name)
        peers = [other for other in by_digits[_digits(name)] if key[other] != own]
        same = next((o for o in peers if _letters(o) == letters), None)
        pairs += len(peers)
        if same is None and pairs <= _MAX_PAIRS:
            mine = base[name].casefold()
            others = {
                base[o].casefold(): o for o in peers if _letters(base[o]) != _letters(base[name])
            }
            close = difflib.get_close_matches(mine, others, 1, 0.88)
            same = others[close[0]] if close else None
        if same is not None:
            found[name] = same
    return found


def new_lab(data: WorkspaceData, lab: str) -> str | None:
    """A sentence that neither catalogue nor observations have the lab, None when one has."""
    if data.catalogue.lab(lab) is not None or lab in data.observed_labs():
        return None
    near = near_lab(data, lab)
    return f"The lab '{lab}' is new here" + (f"; did you mean {near}?" if near else ".")


def near_lab(data: WorkspaceData, lab: str) -> str | None:
    """A known lab with nearly the same letters, or None."""
    names = [*data.observed_labs(), *data.catalogue.lab_names]
    close = similar(lab, names, 1, _CLOSE)
    if not close:  # l for I, 0 for O
        close = [n for n in names if _lookalike(n) == _lookalike(lab)]
    return data.catalogue.lab_name(close[0]) if close else None


def _lookalike(name: str) -> str:
    return "".join(
        c for c in name.casefold().translate(str.maketrans("l1|0", "iiio")) if c.isalnum()
    )


def _digits(name: str) -> str:
    """What tells versions apart: digits, and a plus."""
    return " ".join(re.findall(r"\d+|\+", name))


def _letters(name: str) -> str:
    return model_key(name).replace("-", "")
