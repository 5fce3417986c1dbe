from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import pairs as pair_rows
from fapproc.dedup.regrouping import Regrouping
from fapproc.jobs import duplicates
from fapproc.jobs.recording import TRIES, Changes, decide_and_write
from fapproc.model import Verdict
from tests.shelves import fill, judge, numbered, photo, process, remove, small, unsound

LAKE, LAKE_AGAIN = photo(1), photo(1, quality=60)
NOTHING = Changes({}, 0, frozenset(), Regrouping({}, (), frozenset()))


@pytest.fixture
def grouped(archive: Archive) -> Archive:
    fill(archive, {"lakes": numbered(LAKE, LAKE_AGAIN)})
    process(archive)
    duplicates.find_duplicates(archive)
    return archive


def said_different(archive: Archive) -> None:
    with archive.writing() as connection:
        pair_rows.change_different(connection, (), [(1, 2)], at=1)


WORDS: dict[str, Callable[[Archive], None]] = {
    "a verdict": lambda archive: judge(archive, LAKE, Verdict.KEEP),
    "two are different": said_different,
    "an image goes": lambda archive: remove(archive, LAKE_AGAIN),
    "an image is unsound": lambda archive: unsound(archive, LAKE_AGAIN),
}


def settled(archive: Archive, words: list[Callable[[Archive], None]]) -> tuple[int, int]:
    """After which decision it was written, and how many there were; amid each a word is said."""
    asked: list[int] = []
    written: list[int] = []

    def decide(_: Connection) -> tuple[Changes, int]:
        asked.append(len(asked) + 1)
        if words:
            words.pop(0)(archive)  # it waits for nobody, else this would end with an error
        return NOTHING, asked[-1]

    _, used = decide_and_write(archive, decide, lambda *_: written.append(len(asked)))
    assert written == [used]
    return used, len(asked)


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_others_may_write_while_groups_are_decided_and_their_word_counts(
    grouped: Archive, word: Callable[[Archive], None]
) -> None:
    assert settled(grouped, [word]) == (2, 2)


def test_who_never_stops_judging_is_made_to_wait_at_last(grouped: Archive) -> None:
    words: list[Callable[[Archive], None]] = [
        partial(judge, data=LAKE, verdict=Verdict.KEEP if n % 2 else Verdict.SKIP)
        for n in range(TRIES)
    ]
    assert settled(grouped, words) == (TRIES + 1, TRIES + 1)


def test_a_crawl_that_goes_on_makes_nobody_decide_again(grouped: Archive) -> None:
    def crawled(archive: Archive) -> None:
        fill(archive, {"more": numbered(small(7), first=60)}, first_album=300)

    assert settled(grouped, [crawled]) == (1, 1)
