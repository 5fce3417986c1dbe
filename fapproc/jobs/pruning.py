"""Prune: move images that a person judged `skip` to the bin, if a kept one of the group is sound.

Pruned images are in the bin until the next prune. Their files stay where they were: only rows
change, in one transaction, and undoing it puts them back. What was in the bin before is deleted:
first the rows say so, then the files are deleted, then the rows say that they are gone; if a prune
is killed in between, the next one finishes it. No original goes into the bin, or out of it, unless
the one that was kept for it has just been read and is sound.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import decisions as log
from fapproc.db import duplicates, images, pruned, settings
from fapproc.db.decisions import Decision
from fapproc.db.images import Stored
from fapproc.db.pruned import Pruned, State
from fapproc.errors import Changed, Damaged, UsageProblem
from fapproc.jobs.deletion import remove_files
from fapproc.jobs.leaving import Going, going
from fapproc.jobs.recording import GROUPED
from fapproc.jobs.tagging_undo import TagsSince
from fapproc.model import Group, Verdict
from fapproc.vault.store import Key, Kind
from fapproc.wording import counted, short

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Pruning:
    """An image that goes into the bin, and the one that is kept in its place."""

    going: Going
    kept: str


@dataclass(frozen=True, slots=True)
class NotPruned:
    """An image that stays though it is to go, and why."""

    digest: str
    why: str


@dataclass(frozen=True, slots=True)
class PruningPlan:
    """What a prune does: what goes into the bin, what leaves it for good, what may not."""

    prunings: tuple[Pruning, ...]
    leaving: tuple[Pruning, ...]
    refused: tuple[NotPruned, ...]
    now: bool
    """Whether what goes into the bin leaves it at once."""
    unfinished: tuple[Going, ...] = ()
    """What has left the bin, but for its files: an earlier prune was killed, or couldn't."""

    @property
    def does_nothing(self) -> bool:
        """Whether nothing goes anywhere."""
        return not (self.prunings or self.leaving or self.unfinished)


@dataclass(frozen=True, slots=True)
class PruningReport:
    """What a prune has done: its decision, and a sentence for each file that is left."""

    decision: int | None
    left: tuple[str, ...]


def plan(archive: Archive, *, now: bool = False) -> PruningPlan:
    """Decide what goes; every image that is kept for another is read, and nothing is changed."""
    with archive.reading() as connection:
        found = list(_candidates(connection))
        lies = pruned.of_state(connection, State.BIN)
        unfinished = [going(e.stored) for e in pruned.of_state(connection, State.LEAVING)]
        kept = images.by_digests(connection, {each.kept for each in lies})
    trouble = _Trouble(archive)
    prunings: list[Pruning] = []
    refused: list[NotPruned] = []
    for one, why, keepers in found:
        sound = next((each for each in keepers if not trouble.of(each)), None)
        if why is None and sound is not None:
            prunings.append(Pruning(going(one), sound.image.digest))
        else:
            refused.append(NotPruned(one.image.digest, why or trouble.of(keepers[0]) or ""))
    leaving: list[Pruning] = []
    for each in lies:
        why = trouble.of(kept[each.kept]) if each.kept in kept else "what was kept for it is gone"
        if why is None:
            leaving.append(Pruning(going(each.stored), each.kept))
        else:
            refused.append(NotPruned(each.stored.image.digest, f"{why}, so it stays in the bin"))
    return PruningPlan(tuple(prunings), tuple(leaving), tuple(refused), now, tuple(unfinished))


def prune(archive: Archive, agreed: PruningPlan) -> PruningReport:
    """Do what was agreed to, if it is so still: it is all read once more.

    Raises:
        Changed: something else would go by now; nothing was changed.
        ArchiveHeld: another prune is at work.
    """
    at = int(time.time())
    number = None
    with archive.job("prune"):
        if plan(archive, now=agreed.now) != agreed:
            raise _changed()
        with archive.writing() as connection:
            rows = _rows(connection, agreed)
            if rows:
                told = f"{counted(len(rows), 'image')} pruned"
                digests = [each.going.digest for each in agreed.prunings]
                number = log.log_pruned(connection, told, digests, at)
                pruned.take_out(connection, rows, number, at)
                settings.write(connection, GROUPED, None)  # the next search makes groups again
            gone = [each.going.digest for each in agreed.leaving]
            gone += [each.going.digest for each in agreed.prunings if agreed.now]
            pruned.leave(connection, pruned.known(connection, gone).values())
        return PruningReport(number, tuple(_finish(archive)))


def restore(connection: Connection, decision: Decision, since: TagsSince) -> None:
    """Put back what a decision has pruned, but for tags of which later ones have said otherwise.

    Raises:
        UsageProblem: nothing of it is in the bin any more, or has a place to come back to.
    """
    if not pruned.put_back(connection, decision.id, since.settle):
        raise UsageProblem(
            f"Nothing of decision {decision.id} can be brought back: its images have left the bin, "
            "or the albums that listed them were deleted. 'fapproc log' shows earlier decisions, "
            "which 'fapproc undo NUMBER' takes back."
        )
    settings.write(connection, GROUPED, None)


def bin_(archive: Archive) -> list[Pruned]:
    """What lies in the bin."""
    with archive.reading() as connection:
        return pruned.of_state(connection, State.BIN)


def _candidates(
    connection: Connection,
) -> Iterator[tuple[Stored, str | None, Sequence[Stored]]]:
    """Every image that is skipped: what keeps it from going, and which are kept, the best first."""
    numbers = duplicates.numbers_skipping(connection)
    for start in range(0, len(numbers), _BATCH):
        groups = duplicates.of_numbers(connection, numbers[start : start + _BATCH])
        rows = images.by_digests(connection, {each for group in groups for each in group.members})
        for group in groups:
            keepers = [rows[each] for each in _of(group, Verdict.KEEP)]
            keepers.sort(key=lambda each: _rank(each, group))
            for digest in _of(group, Verdict.SKIP):
                yield rows[digest], _why_not(rows[digest], group, keepers), keepers


def _of(group: Group, verdict: Verdict) -> list[str]:
    return [digest for digest in group.members if group.verdicts[digest] is verdict]


def _rank(stored: Stored, group: Group) -> tuple[bool, int, int, str]:
    """The best of its group first, then the largest."""
    image, facts = stored.image, stored.image.facts
    is_best = group.sameness is not None and group.sameness.best == image.digest
    pixels = facts.width * facts.height if facts else 0
    return not is_best, -pixels, -image.bytes, image.digest


def _why_not(stored: Stored, group: Group, keepers: Sequence[Stored]) -> str | None:
    if group.to_look:
        return "its group has changed since you judged it: look at it again"
    if stored.image.lost_at is not None:
        return "its file is already lost; 'fapproc check' shows what to do"
    return None if keepers else "no image of its group is kept"


class _Trouble:
    """What is wrong with images that are kept; each is read once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: dict[str, str | None] = {}

    def of(self, stored: Stored) -> str | None:
        """Why no other may go for this one; None where it is there and sound."""
        digest = stored.image.digest
        if digest not in self._known:
            self._known[digest] = self._look(stored)
        return self._known[digest]

    def _look(self, stored: Stored) -> str | None:
        image, shown = stored.image, short(stored.image.digest)
        if image.lost_at is not None:
            return f"{shown}, which is kept for it, is lost"
        if image.unsound is not None:
            return f"{shown}, which is kept for it, is unsound ({image.unsound})"
        try:
            self._archive.vault.get(Key(Kind.BLOB, image.digest, image.format))
        except Damaged:
            return f"{shown}, which is kept for it, can't be read as it was stored"
        return None


def _rows(connection: Connection, agreed: PruningPlan) -> dict[int, int]:
    """The row numbers of what goes into the bin, each with that of the one that is kept.

    Raises:
        Changed: somebody has judged, deleted or lost one of them meanwhile.
    """
    skipped = {
        each.image.digest: (each.id, {one.image.digest for one in keepers} if why is None else ())
        for each, why, keepers in _candidates(connection)
    }
    digests = {each.kept for each in (*agreed.prunings, *agreed.leaving)}
    kept = images.by_digests(connection, digests)
    sound = {d: e.id for d, e in kept.items() if e.image.lost_at is None and not e.image.unsound}
    lies = {each.stored.image.digest for each in pruned.of_state(connection, State.BIN)}
    may = all(each.kept in skipped.get(each.going.digest, (0, ()))[1] for each in agreed.prunings)
    leaves = {each.going.digest for each in agreed.leaving} <= lies
    if not (may and leaves and digests <= sound.keys()):
        raise _changed()
    return {skipped[each.going.digest][0]: sound[each.kept] for each in agreed.prunings}


def _changed() -> Changed:
    return Changed(
        "The archive has changed since you looked at it, and other images would go. Nothing was "
        "pruned: look at it again."
    )


def _finish(archive: Archive) -> Iterator[str]:
    """Remove the files of all that has left the bin; those of a prune that was killed as well."""
    with archive.reading() as connection:
        leaving = pruned.of_state(connection, State.LEAVING)
    for start in range(0, len(leaving), _BATCH):
        some = leaving[start : start + _BATCH]
        left = list(remove_files(archive, [going(each.stored) for each in some]))
        yield from left
        if not left:
            with archive.writing() as connection:
                pruned.have_left(connection, [each.stored.id for each in some])
