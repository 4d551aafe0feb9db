"""Names that are probably meant for others: of models and of labs."""

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from forecasts.measures.variants import base_model
from forecasts.nearest import similar
from models.contract import IntArray
from tracker.store.schema import model_key
from tracker.workspace_data import WorkspaceData

# Of so many names compared by the number of each letter, and of those letter by letter, is told;
# beyond them only equal letters count.
_MAX_PAIRS, _MAX_CLOSE = 5_000_000, 20_000
_ALIKE = 0.88  # of the letters of two names that are one
_CLOSE = 0.84  # letters that the name of a lab shares with the one that was meant


def near_duplicates(names: Sequence[str], known: pl.DataFrame) -> dict[str, str]:
    """The known name that is probably meant by each of `names`, where there is one.

    `known` has model and model_key. Versions differ by their digits and variants by their brackets,
    so names that differ there are different models; what remains must be nearly the same letters.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in names:
        wanted[_digits(name)].append(name)
    by_digits: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for other, key in known.select("model", "model_key").iter_rows():
        digits = _digits(other)
        if digits in wanted:
            by_digits[digits].append((other, key))
    bases = _bases(
        [*(n for digits in by_digits for n in wanted[digits])]
        + [other for others in by_digits.values() for other, _ in others]
    )
    found: dict[str, str] = {}
    pairs = close = 0
    for digits, others in by_digits.items():
        peers = _Peers(others, bases)
        for name in wanted[digits]:
            base = bases[name]
            same = peers.same_letters(name)
            pairs += len(others)
            if same is None and pairs <= _MAX_PAIRS and close <= _MAX_CLOSE:
                candidates = peers.candidates(name, base)
                close += len(candidates)
                nearest = difflib.get_close_matches(base.casefold(), candidates, 1, _ALIKE)
                same = candidates[nearest[0]] if nearest else None
            if same is not None:
                found[name] = same
    return found


class _Peers:
    """Known names that have the same digits, with what each name is compared by."""

    def __init__(self, known: Sequence[tuple[str, str]], bases: Mapping[str, str]) -> None:
        self.names = [name for name, _ in known]
        self.keys = np.array([key for _, key in known], dtype=object)
        self.by_letters: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self.names):
            self.by_letters[_letters(name)].append(at)
        self.bases = [bases[name].casefold() for name in self.names]
        self.base_letters = np.array([_letters(bases[n]) for n in self.names], dtype=object)
        self.counts = np.array([_counts(base) for base in self.bases])

    def same_letters(self, name: str) -> str | None:
        """The first other model whose name has the same letters."""
        own = model_key(name)
        of = self.by_letters.get(_letters(name), [])
        return next((self.names[at] for at in of if self.keys[at] != own), None)

    def candidates(self, name: str, base: str) -> dict[str, str]:
        """Other models by the name without its variant, of those that have enough letters in
        common, wherever these stand, to be as alike as `difflib` may find them."""
        mine = _counts(base.casefold())
        both = np.minimum(self.counts, mine).sum(axis=1)
        alike = 2 * both >= _ALIKE * (self.counts.sum(axis=1) + mine.sum())
        # Another variant of the same model is no slip.
        alike &= (self.keys != model_key(name)) & (self.base_letters != _letters(base))
        return {self.bases[at]: self.names[at] for at in np.flatnonzero(alike)}


def _bases(names: Sequence[str]) -> dict[str, str]:
    """Names without mode and effort, by the whole ones."""
    frame = pl.DataFrame({"model": names}, schema={"model": pl.String})
    bases = frame.select(base_model(pl.col("model"))).to_series()
    return dict(zip(names, bases, strict=True))


def _counts(text: str) -> IntArray:
    """How often each character comes, those of other scripts folded onto 64 places."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32) % 64
    return np.bincount(codes, minlength=64)


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
