"""Two frontiers of known making, and where to look."""

import numpy as np

from models.contract import History, Horizon, Series


def series(name: str, seed: int, records: int = 20) -> Series:
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(np.arange(18000, 19000), records, replace=False)).astype(np.int64)
    values = np.cumsum(rng.gamma(2.0, 1.0, records)) + 10
    return Series(name, days, values, days, values)


def history(ceiling: float = np.inf, shift: float = 0.0, scale: float = 1.0) -> History:
    blocs = []
    for name, seed, behind in (("A", 1, 0), ("B", 2, 9)):
        s = series(name, seed)
        moved = (s.values - behind) * scale + shift
        blocs.append(Series(name, s.days, moved, s.days, moved))
    return History(19030, (blocs[0], blocs[1]), ceiling)


HORIZON = Horizon(19030, np.arange(19037, 19037 + 700, 7))
