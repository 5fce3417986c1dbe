"""Calls in threads of their own: who waits for one hears Ctrl-C, and the program ends without it.

A `ThreadPoolExecutor` is waited for when a program ends: after Ctrl-C one stayed for the 30 s after
which a server that says nothing is given up (2026-11-29).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar
from weakref import finalize

T = TypeVar("T")

LAST_SECONDS = 1.0
"""So long what is under way may take when the program ends: a call that comes back while Python is
taken down breaks that off."""

_HEARD_SECONDS = 0.2

_Calls = SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


class Calls:
    """Calls, so many at once at most."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._waiting: _Calls = SimpleQueue()
        self._threads: list[Thread] = []
        self._under_way: set[Future[Any]] = set()
        # When nobody has it any more, or when the program ends.
        finalize(self, _end, self._waiting, self._threads, self._under_way)

    def submit(self, call: Callable[..., T], *args: object) -> "Future[T]":
        """Make a call when there is a thread for it."""
        future: Future[T] = Future()
        with self._lock:
            if len(self._threads) < self._most:
                thread = Thread(target=_work, args=(self._waiting, self._under_way), daemon=True)
                thread.start()
                self._threads.append(thread)
        self._waiting.put((future, partial(call, *args)))
        return future


def result(future: "Future[T]") -> T:
    """What a call gave, or the error that it raised.

    Ctrl-C that comes just before a wait begins is heard when that ends, so a wait is short; with
    one that had no end a command went on once in some 60 trials on a busy machine (2026-11-29).
    """
    try:
        while not future.done():
            wait([future], _HEARD_SECONDS)
        return future.result()
    finally:
        del future  # its error's traceback leads here, and would keep what was sent


@contextmanager
def or_none(calls: "Iterable[Future[Any]]") -> Iterator[None]:
    """Give up the calls that have not begun where one fails, or Ctrl-C comes."""
    try:
        yield
    except BaseException:
        for call in calls:
            call.cancel()
        raise


def _work(waiting: _Calls, under_way: set[Future[Any]]) -> None:
    while (given := waiting.get()) is not None:
        future, call = given
        if future.set_running_or_notify_cancel():
            under_way.add(future)
            _make(future, call)
            under_way.discard(future)
        del given, future, call  # what was sent and got is not held till the next one


def _make(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - told to who waits for it
        future.set_exception(error)
        del future, call  # its traceback leads here, and would keep them


def _end(waiting: _Calls, threads: list[Thread], under_way: set[Future[Any]]) -> None:
    for _ in threads:
        waiting.put(None)
    wait(list(under_way), LAST_SECONDS)
