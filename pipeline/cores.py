"""Work on all cores, in processes that start afresh: a fork would take the database connection and the lock with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Workers = ProcessPoolExecutor
Job = TypeVar("Job")
Result = TypeVar("Result")


def count() -> int:
    """How many processes can work at once: on the cores that this one may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def pool(
    processes: int | None = None, *, start: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> Iterator[Workers]:
    """Workers, each of which calls `start` first; an error, or Ctrl-C, leaves what is waiting undone."""
    workers = ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=start, initargs=arguments)
    try:
        yield workers
    except BaseException:
        workers.shutdown(wait=False, cancel_futures=True)
        raise
    workers.shutdown()


def mapped(
    workers: Workers, one: Callable[[Job], Result], jobs: Sequence[Job], *, chunk: int
) -> Iterator[Result]:
    """The result of each job, in order; `chunk` jobs a message. Raises BrokenProcessPool where a worker died."""
    with _interrupts_ignored():  # which the workers inherit: Ctrl-C is this process's to answer
        return workers.map(one, jobs, chunksize=chunk)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
