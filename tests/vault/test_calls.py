"""Calls in threads: what is given up is not made, nothing is held, and no program waits for one."""

import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from fapproc.vault.calls import Calls, or_none, result

ROOT = Path(__file__).parents[2]
WITHIN = 30.0
ENDS = """
import threading
from fapproc.vault import calls
calls.LAST_SECONDS = 0.01
made = calls.Calls(1)
made.submit(threading.Event().wait)
print("the end")
"""


def wait_until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_program_ends_though_a_call_has_no_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS], cwd=ROOT, capture_output=True, timeout=WITHIN, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"the end\n", b"")


def test_what_is_given_up_before_it_begins_is_never_made() -> None:
    calls, go, made = Calls(1), threading.Event(), list[int]()
    first = calls.submit(go.wait)
    others = [calls.submit(made.append, number) for number in range(3)]
    with pytest.raises(KeyboardInterrupt), or_none(others):
        raise KeyboardInterrupt
    go.set()
    assert result(first)
    result(calls.submit(made.append, 3))
    assert made == [3]


class Sent:
    """What a call is given, and what it gives."""


def test_what_was_sent_and_got_is_not_held_until_the_next_call() -> None:
    calls, sent = Calls(1), Sent()
    gone = weakref.ref(sent)
    assert result(calls.submit(lambda given: given, sent)) is sent
    del sent
    wait_until(lambda: gone() is None)


def test_what_was_sent_is_not_held_by_an_error_of_its_call() -> None:
    calls, sent = Calls(1), Sent()
    gone = weakref.ref(sent)
    with pytest.raises(TypeError):
        result(calls.submit(lambda given: given + 1, sent))
    del sent
    wait_until(lambda: gone() is None)


def test_its_threads_end_with_it() -> None:
    before = set(threading.enumerate())  # of which some may end meanwhile
    calls = Calls(4)
    for _ in range(8):
        result(calls.submit(int))
    assert 0 < len(set(threading.enumerate()) - before) <= 4
    del calls
    wait_until(lambda: before.issuperset(threading.enumerate()))
