"""Many folds at once: processes of this machine, or the workers of a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from forecasts.verification.backtest import Mapper, Task, run_serially, run_task


@contextmanager
def workers(jobs: int = 1, scheduler: str | None = None) -> Iterator[Mapper]:
    """What maps tasks to results, in order, with `jobs` processes or on a Dask scheduler."""
    if jobs == 1 and scheduler is None:
        yield run_serially
        return
    from joblib import Parallel, delayed, parallel_config

    def together(tasks: list[Task]) -> list[dict[str, Any]]:
        return list(Parallel(n_jobs=jobs)(delayed(run_task)(task) for task in tasks))

    if scheduler is None:
        yield together
        return
    from distributed import Client

    client = Client(scheduler)  # type: ignore[no-untyped-call, unused-ignore]
    with client, parallel_config(backend="dask", client=client):
        yield together
