"""Many folds at once: processes of this machine, or the workers of a Dask cluster."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from forecasts.verification.backtest import FoldForecast, Mapper, Task, run_serially, run_task


@contextmanager
def workers(jobs: int = 1, scheduler: str | None = None) -> Iterator[Mapper]:
    """What maps tasks to results, in order, with `jobs` processes or on a Dask scheduler."""
    if jobs == 1 and scheduler is None:
        yield run_serially
        return
    from joblib import Parallel, delayed, parallel_config

    def together(tasks: list[Task]) -> list[list[FoldForecast]]:
        return list(Parallel(n_jobs=jobs)(delayed(run_task)(task) for task in tasks))

    if scheduler is None:
        with _ended_with_us():
            yield together
        return
    from distributed import Client

    client = Client(scheduler)  # type: ignore[no-untyped-call, unused-ignore]
    with client, parallel_config(backend="dask", client=client):
        yield together


class _Terminated(KeyboardInterrupt):
    """This process was told to end."""


@contextmanager
def _ended_with_us() -> Iterator[None]:
    """End the processes of joblib with this one, also when it is told to end (SIGTERM)."""
    from joblib.externals.loky import get_reusable_executor

    def end(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    # Python runs handlers in the main thread; elsewhere the caller's are left as they are.
    own = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if own else None
    try:
        yield
    except KeyboardInterrupt as error:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        if isinstance(error, _Terminated):
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        if own:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
