"""The arithmetic of sliding windows, and the file that all runs share."""

import asyncio
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.errors import StorageError
from fapspider.politeness.budget import SECOND, Window, Windows
from fapspider.politeness.gate import Budget, now
from fapspider.politeness.ledger import Entry, Ledger, Wait

START = 1_800_000_000 * SECOND
BUDGETS = st.dictionaries(st.integers(1, 20), st.integers(1, 6), min_size=1, max_size=3)
STEPS = st.lists(
    st.tuples(st.integers(0, 4 * SECOND), st.integers(0, 3 * SECOND), st.floats(0, 1)), max_size=40
)
"""For each request: how long after the one before, how long it takes, when the site sees it."""


def play(windows: Windows, steps: list[tuple[int, int, float]]) -> tuple[list[int], list[int]]:
    """When the site saw each request, and what is remembered of it after its answer."""
    at, seen = START, list[int]()
    ends = list[int]()
    for gap, takes, part in steps:
        at += gap
        while (free := windows.free_at(ends, at))[1] is not None:
            assert free[0] > at
            at = free[0]
        seen.append(at + int(takes * part))
        ends.append(at + takes)
    return seen, ends


@given(BUDGETS, STEPS)
def test_no_window_of_the_site_s_own_clock_holds_more_than_agreed(
    budgets: dict[int, int], steps: list[tuple[int, int, float]]
) -> None:
    windows = Windows.of(budgets)
    seen, _ = play(windows, steps)
    for window in windows.each:
        for first in seen:
            held = [time for time in seen if first <= time < first + window.span]
            assert len(held) <= window.requests


@given(BUDGETS, STEPS, st.integers(0, 30 * SECOND))
def test_nobody_waits_longer_than_needed(
    budgets: dict[int, int], steps: list[tuple[int, int, float]], gap: int
) -> None:
    windows = Windows.of(budgets)
    _, ends = play(windows, steps)
    at = max(ends, default=START) + gap
    free, why = windows.free_at(ends, at)
    if why is None:
        assert free == at
        return
    held = [time for time in ends if free - 1 - why.span < time]
    assert len(held) == why.requests  # a microsecond earlier the window would have been too full


@given(BUDGETS, STEPS, st.integers(0, 30 * SECOND))
def test_what_is_left_fits_in_at_once_and_no_more(
    budgets: dict[int, int], steps: list[tuple[int, int, float]], gap: int
) -> None:
    windows = Windows.of(budgets)
    _, ends = play(windows, steps)
    at = max(ends, default=START) + gap
    left = windows.left(ends, at)
    for number in range(left):
        assert windows.free_at([*ends, *[at] * number], at) == (at, None)
    assert windows.free_at([*ends, *[at] * left], at)[1] is not None


def test_a_window_is_said_in_words() -> None:
    said = [str(Window(seconds, 5)) for seconds in (3, 60, 300, 3600, 86_400)]
    assert said == [
        "5 pages in 3 s",
        "5 pages a minute",
        "5 pages in 5 minutes",
        "5 pages an hour",
        "5 pages a day",
    ]


TWO = Windows.of({10: 2})
FAR = 40 * SECOND


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "budgets", "127.0.0.1:80")


def enter(ledger: Ledger, at: int) -> Entry:
    found = ledger.enter(TWO, at, at + FAR)
    assert isinstance(found, Entry)
    return found


def test_what_is_under_way_counts_until_its_answer_is_there(ledger: Ledger) -> None:
    first, second = enter(ledger, START), enter(ledger, START)
    later = START + 30 * SECOND
    assert isinstance(ledger.enter(TWO, later, later + FAR), Wait)
    ledger.settle(first, START + SECOND)
    enter(ledger, later)
    ledger.settle(second, later)
    assert ledger.enter(TWO, later, later + FAR) == Wait(later + 10 * SECOND, TWO.each[0])


def test_the_file_holds_times_only_and_does_not_grow(ledger: Ledger) -> None:
    for number in range(50):
        at = START + number * 5 * SECOND
        ledger.settle(enter(ledger, at), at)
    text = ledger.path.read_text()
    assert len(text.splitlines()) <= 3
    assert all(line.isdecimal() and len(line) == 16 for line in text.splitlines())
    assert "127" not in ledger.path.name and ledger.path.stat().st_mode & 0o077 == 0


def test_who_deletes_the_file_begins_anew(ledger: Ledger) -> None:
    first = enter(ledger, START)
    enter(ledger, START)
    ledger.path.unlink()
    other = enter(ledger, START + 1)
    ledger.settle(first, START + SECOND)
    assert ledger.times(TWO, START) == [other.until]


@pytest.mark.parametrize("damage", [b"x", b"1" * 16, b"\0" * 34, b"-00000000000001\n", b"5" * 999])
def test_a_damaged_file_counts_as_used_up_when_it_was_changed(
    ledger: Ledger, damage: bytes
) -> None:
    ledger.prepare()
    ledger.path.write_bytes(damage)
    os.utime(ledger.path, (0, START // SECOND))
    at = START + 4 * SECOND
    assert ledger.enter(TWO, at, at) == Wait(START + 10 * SECOND, TWO.each[0])
    enter(ledger, START + 10 * SECOND)


def test_a_clock_that_was_set_back_delays_by_no_more_than_a_window(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.settle(enter(ledger, START), START)
    back = START - 86_400 * SECOND
    assert ledger.enter(TWO, back, back) == Wait(back + 10 * SECOND, TWO.each[0])
    enter(ledger, back + 10 * SECOND)


def test_a_file_that_can_t_be_kept_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"can't be counted: .*SITE_BUDGETS='{}'"):
        Ledger(tmp_path / "file", "site").prepare()


def test_a_full_disk_is_told_and_leaves_whole_lines(ledger: Ledger) -> None:
    first = enter(ledger, START)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))  # room for a line and a bit
    try:
        with pytest.raises(StorageError, match=r"can't be counted: .*Give permission or make room"):
            enter(ledger, START)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ledger.times(TWO, START) == [first.until]


async def _several(budget: Budget, number: int) -> None:
    async def ready() -> None:
        """Nothing to wait for."""

    async def one() -> None:
        async with budget.place(ready):
            await asyncio.sleep(0.001)
            print(now())

    await asyncio.gather(*(one() for _ in range(number)))


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from fapspider.politeness.budget import Windows\n"
        "from fapspider.politeness.gate import Budget\n"
        "from fapspider.politeness.ledger import Ledger\n"
        "from tests.fapspider.politeness.test_budget import _several\n"
        "asyncio.run(_several(Budget(Windows.of({1: 15, 60: 1000}), Ledger(Path(sys.argv[1]), 's'),"
        "longest_answer=9, say=print), 20))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    root = Path(__file__).parents[3]
    processes = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [process.communicate(timeout=120)[0].split() for process in processes]
    times = [int(time) for times in told for time in times]
    assert len(times) == 40
    for time in times:
        assert sum(time <= other < time + SECOND for other in times) <= 15


def test_a_wait_is_told_once_and_what_is_left_can_be_asked(ledger: Ledger) -> None:
    windows = Windows.of({3600: 2})
    told: list[str] = []
    budget = Budget(windows, ledger, longest_answer=9, say=told.append)
    assert budget.left() == 2
    tries = 0

    async def ready() -> None:
        nonlocal tries
        tries += 1
        if tries > 4:
            raise KeyError

    async def three() -> None:
        for _ in range(3):
            async with budget.place(ready):
                pass

    with pytest.raises(KeyError):
        asyncio.run(three())
    assert budget.left() == 0
    (said,) = told
    assert said.startswith("The site's budget (2 pages an hour) is used up: going on in ")


def test_without_budgets_nothing_is_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state", "site")
    budget = Budget(Windows.of(json.loads("{}")), ledger, longest_answer=9, say=print)
    budget.prepare()
    asyncio.run(_several(budget, 3))
    assert budget.left() is None and not (tmp_path / "state").exists()
