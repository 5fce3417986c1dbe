"""Set verdicts of a group or of an image's places: all or nothing, logged, and undone on demand."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import decisions as log
from fapproc.db import duplicates, hidden
from fapproc.db.decisions import Decision, Head, Kind
from fapproc.dedup import verdicts as rules
from fapproc.dedup.verdicts import Judged, Places
from fapproc.errors import Changed, FapError, UsageProblem
from fapproc.jobs import position, pruning, saying, scenes, tagging_undo
from fapproc.jobs.saying import Change
from fapproc.jobs.tagging_undo import TagsSince
from fapproc.model import Verdict
from fapproc.queues import Position
from fapproc.wording import short

_MOST = 2**63 - 1
"""The highest number that a row has."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, and what was set besides; `decision` is None if nothing changed."""

    decision: int | None
    judged: Judged
    notices: tuple[str, ...]
    what: str = ""
    """What is said by now, as the log tells it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one group, or of an image's places, by any digest of it.

    `seen`: the verdicts that it was said of; where others stand by now, it is not saved.
    """

    digest: str
    verdicts: Mapping[str, Verdict]
    places: Mapping[str, Places] | None = None
    seen: Mapping[str, Verdict] | None = None


@dataclass(frozen=True, slots=True)
class SavedAll:
    """What came of what was said of several groups at once.

    `changed`: of how many images something else is said now; `refused`: a sentence for each group
    of which nothing was saved, `left_out` the digests by which these were named.
    """

    decisions: tuple[int, ...]
    groups: int
    changed: int
    notices: tuple[str, ...]
    refused: tuple[str, ...]
    left_out: tuple[str, ...]


def set_verdicts(
    archive: Archive,
    digest: str,
    verdicts: Mapping[str, Verdict],
    places: Mapping[str, Places] | None = None,
    *,
    version: str | None = None,
    merge_tags: bool = False,
    through: Position | None = None,
) -> Saved:
    """Save what a person said of the group that an image is in, or of an image's places.

    With a group, what its verdicts call different is remembered between pairs: no later search
    brings two such images together again, whatever other images come or go.

    Args:
        archive: which.
        digest: any image of the group; or an image that is listed at several places.
        verdicts: what is said of images of the group; of the others it stays.
        places: what is said of places, by digest; of the others it stays.
        version: what was looked at, by the version that `scenes` gives it; None asks for none.
        merge_tags: whether what is kept gets the tags of what is skipped, in the same decision.
        through: what is gone through, with which the place is kept; None: as before.

    Raises:
        UsageProblem: what was said doesn't fit together, or not to what is there now. Nothing was
            saved.
        Changed: another version is there by now. Nothing was saved.
    """
    at = int(time.time())
    with archive.writing() as connection:
        before = scenes.look(connection, digest)
        if version not in {None, before.version}:
            raise Changed(
                "This group has changed since it was shown. Nothing was saved: look at it again."
            )
        settled = rules.settle(before.judged, verdicts, places)
        change = saying.changed(digest, before, before, settled)
        if merge_tags:
            [change] = saying.with_tags(connection, [change])
        if change.is_none:
            return Saved(None, settled.judged, settled.notices)
        [number] = saying.save(connection, [change], at)
        position.move(connection, digest, through)
    return Saved(number, settled.judged, settled.notices, change.what)


def set_all(archive: Archive, sayings: Iterable[Said], *, merge_tags: bool = False) -> SavedAll:
    """Save what was said of several groups, as one decision: what is refused stops no other.

    With `merge_tags` what is kept gets the tags of what is skipped.

    A group whose verdicts wanted a second look is a decision of its own, so that to undo it marks
    that group again.

    Raises:
        StorageError, ArchiveHeld: nothing was saved.
    """
    at = int(time.time())
    notices: list[str] = []
    refused: dict[str, str] = {}
    changes: dict[str, Change] = {}
    with archive.writing() as connection:
        asked = list(sayings)
        there = scenes.look_all(connection, list(dict.fromkeys(each.digest for each in asked)))
        for said in asked:
            try:
                before = there.get(said.digest) or scenes.look(connection, said.digest)
                first = min(before.rows)
                stands = changes[first].after if first in changes else before
                if said.seen is not None and said.seen != stands.judged.verdicts:
                    raise UsageProblem(
                        f"The group of {short(said.digest)} has changed meanwhile. Look again."
                    )
                settled = rules.settle(stands.judged, said.verdicts, said.places)
            except UsageProblem as error:
                refused[said.digest] = str(error)
                continue
            notices += settled.notices
            changes[first] = saying.changed(said.digest, before, stands, settled)
        found = changes.values()
        all_of_them = saying.with_tags(connection, found) if merge_tags else found
        made = [each for each in all_of_them if not each.is_none]
        decided = saying.save(connection, made, at)
    changed = sum(map(saying.differences, made))
    return SavedAll(
        decided, len(made), changed, tuple(notices), tuple(refused.values()), tuple(refused)
    )


def undo(archive: Archive, number: int | None = None, *, dry_run: bool = False) -> Decision:
    """Take a decision back, whatever it was about: that of this number, or the last that can be.

    With `dry_run` it is only tried.

    Raises:
        FapError: there is none, or none of this number.
        UsageProblem: it was undone before, a later one is about the same images or tags, or what
            it changed can't be put back any more.
        Damaged: it can't be read, or a later one.
    """
    at = int(time.time())
    with archive.writing(dry=dry_run) as connection:
        *later, chosen = _to_undo(connection, number)
        since = tagging_undo.since(connection, later)
        match chosen.kind:
            case Kind.VERDICTS:
                _restore(connection, chosen, since, at)
            case Kind.TAGS:
                tagging_undo.restore(connection, chosen)
            case Kind.PRUNED:
                pruning.restore(connection, chosen, since)
        log.set_undone(connection, chosen.id, at)
    return chosen


def _restore(connection: Connection, decision: Decision, since: TagsSince, at: int) -> None:
    before, given = decision.before, decision.after.tags
    rows = scenes.rows_of(connection, before.digests)
    mine = frozenset(e for e in given if not since.settle(rows.get(e[0], 0), e[1]))
    after = replace(decision.after, tags=mine)
    saying.write(connection, rows, after, before, at)
    if before.to_look and (group := _group_of(connection, rows.values())):
        duplicates.want_look(connection, group, wanted=True)
    hidden.settle(connection, rows.values())
    position.move(connection, min(before.digests, default=None))


def decisions(
    archive: Archive, *, limit: int | None = None, before: int | None = None
) -> list[Decision]:
    """The log of decisions, the newest first; of those before a number, where there is one.

    Raises:
        Damaged: one can't be read.
    """
    if before is not None:
        before = min(max(before, 0), _MOST)
    with archive.reading() as connection:
        return log.every(connection, limit=limit, before=before)


def last(archive: Archive) -> Head | None:
    """What the newest decision is called, and whether it can be undone."""
    with archive.reading() as connection:
        return log.last(connection)


def last_said(archive: Archive, digest: str, group: Collection[str]) -> int | None:
    """The number of the last decision about an image's verdict, if that can be taken back alone.

    None where none stands, or where it is about other images too than those of its group.

    Raises:
        Damaged: it can't be read.
    """
    with archive.reading() as connection:
        last = log.last_about(connection, digest)
    return last.id if last is not None and last.before.digests <= set(group) else None


def _to_undo(connection: Connection, number: int | None) -> list[Decision]:
    """The decision that is to be undone, behind those that came later and stand."""
    if number is None and (number := log.last_to_undo(connection)) is None:
        raise FapError("No decision to undo. 'fapproc log' shows what was decided.")
    found = log.standing(connection, since=number) if 0 < number <= _MOST else []
    if not found or found[-1].id != number:
        _refuse(connection, number)
    *later, chosen = found
    if same := [each for each in later if each.about & chosen.about]:
        first = same[-1]
        what = "tags" if chosen.kind is Kind.TAGS else "images"
        told = f"Decision {first.id} is later and about the same {what}."
        if first.is_final:
            raise UsageProblem(
                f"{told} It can't be undone, as the bin was emptied since, so neither can this one."
            )
        raise UsageProblem(f"{told} Undo that first.")
    return found


def _refuse(connection: Connection, number: int) -> NoReturn:
    """Say why there is no standing decision of this number."""
    found = log.every(connection, limit=1, before=number + 1) if 0 < number < _MOST else []
    if found and found[0].id == number:
        raise UsageProblem(f"Decision {number} was undone before.")
    raise FapError(f"There is no decision {number}. 'fapproc log' lists all.")


def _group_of(connection: Connection, rows: Iterable[int]) -> int | None:
    return min(duplicates.group_numbers(connection, rows).values(), default=None)
