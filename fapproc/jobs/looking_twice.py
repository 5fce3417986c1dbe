"""Second looks at pairs that only one method finds, or that two are unsure of; results are kept.

Thumbnails are read here and laid over each other in worker processes: of each picture the nearest
few pairs, and then the next, except pairs that are in one group already, that a person judged, or
that were looked at before. No transaction is open while workers look: results are written in short
ones, so stopping it loses a few seconds of work.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fapproc.archive import Archive
from fapproc.db import images, looks
from fapproc.dedup.groups import Joined
from fapproc.dedup.method import Flags, Index
from fapproc.dedup.second_look import LOOKER
from fapproc.errors import Damaged
from fapproc.executors.here import Here
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Broken, Done, Executor, MakeExecutor
from fapproc.jobs.comparing import Found, Tell, Weighed
from fapproc.jobs.looked import Looked, State
from fapproc.jobs.standing import standing
from fapproc.looks import Look
from fapproc.vault.store import Key, Kind
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.jobs.looking_twice_one import Couple

NEAREST = 4
"""Of each picture so many are looked at in a pass. A copy is nearer than strangers are: of 500
photographs' cropped and mirrored copies each was among the nearest three."""
_BATCH = 512
"""So many pairs are looked at between two writings: some seconds."""
_SECONDS, _TRIES = 60, 2
_FEWEST, _FEW = 16, 128
"""So many pairs are looked at at least between two writings; and so many in this process: a worker
takes a second of a processor to begin, as they do."""


def look_twice(
    archive: Archive,
    found: Found,
    new: Collection[int],
    tell: Tell,
    *,
    keep: bool,
    more: int,
    refusals: float = math.inf,
    executor: MakeExecutor | None = None,
) -> Looked:
    """Look at the pairs of a comparison that ask for it.

    Args:
        archive: whose images; it is held by the search.
        found: what the comparison found.
        new: the images, by row numbers, of which the nearest pairs are looked at.
        tell: is called with the step at work, and the part of it that is done.
        keep: whether what is seen is written.
        more: so many pairs that come after the nearest are looked at too.
        refusals: when so many pairs were refused, it ends; then it begins with the nearest of all.
        executor: makes what looks; None: processes of this computer, or this one for a few.

    Raises:
        FapError: no worker can be started.
    """
    if not len(asked := found.asked):  # every pair of the archive is read for it
        return Looked(asked, np.zeros(0, np.int8))
    with archive.reading() as connection:
        states, joined = standing(connection, found)
    _leave(asked, states, joined)
    looks = 0
    chosen = _nearest(asked, states == State.OPEN, new)
    if len(chosen):
        with _lookers(executor, min(len(chosen), refusals)) as lookers:
            look = partial(_look, archive, asked, states, joined, lookers, keep, refusals)
            most = _most(states, chosen, more)
            step = f"A second look at {counted(most, 'pair')}"
            while len(chosen):
                so_far = partial(_tell_part, tell, step, looks, looks + most)
                looks += len(chosen)
                states[look(chosen, so_far)] = State.UNSEEN
                _leave(asked, states, joined)
                chosen = _nearest(asked, states == State.OPEN, new)
                more -= len(chosen)
                if more < 0:
                    break
                most = _most(states, chosen, more)
    return Looked(asked, states, looks)


def _look(
    archive: Archive,
    asked: Weighed,
    states: NDArray[np.int8],
    joined: Joined,
    lookers: "Executor[Couple, Look]",
    keep: bool,
    refusals: float,
    chosen: Index,
    so_far: Callable[[int], None],
) -> list[int]:
    """Look at the chosen pairs, and note it in `states`; those that could not be looked at.

    `so_far`: is told of how many of them nothing more is to be known.
    """
    blind, open_ = list[int](), chosen
    while len(open_):
        round_ = _round(asked, open_, joined)
        if math.isfinite(refusals):
            # Those that the methods trust are groups as soon as they were looked at.
            round_ = round_[np.lexsort((-asked.nearness[round_], ~asked.trusted[round_]))]
        start = 0
        while start < len(round_):
            may = refusals - np.count_nonzero(states[chosen] == State.OTHER)
            if may <= 0:
                return blind
            batch = int(min(_BATCH, max(_FEWEST, may)))
            rows = round_[start : start + batch].tolist()
            settled = len(chosen) - len(open_) + start
            seen = _looks(archive, asked, rows, lookers, settled, so_far)
            if keep:
                _keep(archive, asked, seen)
            for row, look in seen.items():
                states[row] = State.SAME if look.same else State.OTHER
                if look.same:
                    joined.join(int(asked.a[row]), int(asked.b[row]))
            blind += (row for row in rows if row not in seen)
            start += batch
        rest = open_[~np.isin(open_, round_)]
        open_ = rest[[_is_open(asked, row, joined) for row in rest.tolist()]]
    return blind


@contextmanager
def _lookers(executor: MakeExecutor | None, count: float) -> "Iterator[Executor[Couple, Look]]":
    """Who looks at so many pairs."""
    from fapproc.jobs.looking_twice_one import look_one  # OpenCV, which nobody else needs

    if executor is not None:
        yield executor(look_one)
    elif count <= _FEW:
        yield Here(look_one)
    else:
        with LocalProcesses["Couple", Look](look_one, seconds=_SECONDS) as workers:
            yield workers


def _leave(asked: Weighed, states: NDArray[np.int8], joined: Joined) -> None:
    """Leave the pairs without a look whose images stand together by others."""
    for row in np.flatnonzero(np.isin(states, (State.OPEN, State.UNSEEN))).tolist():
        if not _is_open(asked, row, joined):
            states[row] = State.LEFT


def _is_open(asked: Weighed, row: int, joined: Joined) -> bool:
    return not joined.are_joined(int(asked.a[row]), int(asked.b[row]))


def _nearest(asked: Weighed, wanted: Flags, new: Collection[int]) -> Index:
    """Of each new image its nearest wanted pairs, as many as are looked at in a pass."""
    rows = np.tile(np.flatnonzero(wanted), 2)
    ends = np.concatenate([asked.a[wanted], asked.b[wanted]])
    is_new = np.isin(ends, np.fromiter(new, np.int64, len(new)))
    rows, ends = rows[is_new], ends[is_new]
    order = np.lexsort((-asked.nearness[rows], ends))
    begins = np.flatnonzero(np.diff(ends[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    return np.unique(rows[order[place < NEAREST]])


def _round(asked: Weighed, rows: Index, joined: Joined) -> Index:
    """The nearest of these pairs of each image, or of all that it is joined with.

    One look may join two groups, and spare all other pairs between them.
    """
    images = (*asked.a[rows].tolist(), *asked.b[rows].tolist())
    ends = np.array([joined.first(image) for image in images], np.int64)
    order = np.lexsort((np.tile(rows, 2), np.tile(-asked.nearness[rows], 2), ends))
    is_first = np.diff(ends[order], prepend=-1) != 0
    return np.unique(np.tile(rows, 2)[order[is_first]])


def _most(states: NDArray[np.int8], chosen: Index, more: int) -> int:
    """How many pairs are looked at in this pass and those after it, at most.

    In all passes so far and to come these never get more: one bar can show them all.
    """
    return min(int(np.count_nonzero(states == State.OPEN)), len(chosen) + more)


def _tell_part(tell: Tell, step: str, before: int, most: int, count: int) -> None:
    """Tell how far the step is: so many pairs of this pass are done, and those of passes before."""
    tell(step, (before + count) / most)


def _looks(
    archive: Archive,
    asked: Weighed,
    rows: Sequence[int],
    lookers: "Executor[Couple, Look]",
    settled: int,
    so_far: Callable[[int], None],
) -> dict[int, Look]:
    """What is seen of pairs, by row; of those whose thumbnails can't be read, nothing."""
    so_far(settled)
    thumbs = _thumbs(archive, asked, rows)
    found: dict[int, Look] = {}
    wanted = [row for row in rows if _ends(asked, row) <= thumbs.keys()]
    for _ in range(_TRIES):
        broken = []
        for row, outcome in lookers.map(_tasks(asked, wanted, thumbs)):
            if isinstance(outcome, Done):
                found[row] = outcome.value
                so_far(settled + len(found))
            elif isinstance(outcome, Broken):
                broken.append(row)
        wanted = broken
    return found


def _tasks(
    asked: Weighed, rows: Iterable[int], thumbs: Mapping[int, bytes]
) -> "Iterator[tuple[int, Couple]]":
    from fapproc.jobs.looking_twice_one import Couple

    for row in rows:
        yield row, Couple(thumbs[int(asked.a[row])], thumbs[int(asked.b[row])])


def _ends(asked: Weighed, row: int) -> set[int]:
    return {int(asked.a[row]), int(asked.b[row])}


def _thumbs(archive: Archive, asked: Weighed, rows: Sequence[int]) -> dict[int, bytes]:
    """The thumbnails of the images of these pairs that can be read."""
    numbers = {end for row in rows for end in _ends(asked, row)}
    with archive.reading() as connection:
        stored = images.by_ids(connection, sorted(numbers))
    found = {}
    for number, image in ((number, one.image) for number, one in stored.items()):
        if image.thumb_format is not None and image.thumb_digest is not None:
            key = Key(Kind.THUMB, image.digest, image.thumb_format)
            with suppress(Damaged):
                found[number] = archive.vault.get(key, expect=image.thumb_digest)
    return found


def _keep(archive: Archive, asked: Weighed, seen: Mapping[int, Look]) -> None:
    """Write what was seen."""
    rows = {(int(asked.a[row]), int(asked.b[row])): look for row, look in seen.items()}
    with archive.writing() as connection:
        looks.save(connection, LOOKER, rows)
