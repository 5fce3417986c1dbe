"""Set verdicts of a group or of an image's places: all or nothing, logged, and undone on demand."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import decisions as log
from fapproc.db import duplicates, judgements, pairs, settings
from fapproc.db.decisions import Decision, LoggedState, PlaceVerdict
from fapproc.dedup import verdicts as rules
from fapproc.dedup.verdicts import Judged, Places, Settled
from fapproc.errors import Changed, UsageProblem
from fapproc.jobs import position, scenes
from fapproc.jobs.recording import GROUPED
from fapproc.jobs.scenes import Scene
from fapproc.model import Verdict

_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, and what was set besides; `decision` is None if nothing changed."""

    decision: int | None
    judged: Judged
    notices: tuple[str, ...]


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
    of which nothing was saved.
    """

    decisions: tuple[int, ...]
    groups: int
    changed: int
    notices: tuple[str, ...]
    refused: tuple[str, ...]


def set_verdicts(
    archive: Archive,
    digest: str,
    verdicts: Mapping[str, Verdict],
    places: Mapping[str, Places] | None = None,
    *,
    version: str | None = None,
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
        changed = _change(connection, before, settled, at)
        if changed is None:
            return Saved(None, settled.judged, settled.notices)
        number = log.log(connection, _what(digest, settled.judged), *changed, at)
        position.move(connection, digest)
    return Saved(number, settled.judged, settled.notices)


def set_all(archive: Archive, sayings: Iterable[Said]) -> SavedAll:
    """Save what was said of several groups, as one decision: what is refused stops no other.

    A group whose verdicts wanted a second look is a decision of its own, so that to undo it marks
    that group again.

    Raises:
        StorageError, ArchiveHeld: nothing was saved.
    """
    at = int(time.time())
    notices: list[str] = []
    refused: list[str] = []
    changes: list[tuple[str, Scene, LoggedState, LoggedState]] = []
    with archive.writing() as connection:
        for said in sayings:
            try:
                before = scenes.look(connection, said.digest)
                if said.seen is not None and said.seen != before.judged.verdicts:
                    raise UsageProblem(
                        f"The group of {said.digest[:_SHOWN]} has changed meanwhile. Look again."
                    )
                settled = rules.settle(before.judged, said.verdicts, said.places)
            except UsageProblem as error:
                refused.append(str(error))
                continue
            notices += settled.notices
            changed = _change(connection, before, settled, at)
            if changed is not None:
                changes.append((_what(said.digest, settled.judged), before, *changed))
        decided = tuple(_log(connection, changes, at))
    images = sum(_differences(old, new) for _, _, old, new in changes)
    return SavedAll(decided, len(changes), images, tuple(notices), tuple(refused))


def undo(archive: Archive, number: int | None = None) -> Decision:
    """Take a decision back: the one of this number, or the last that stands.

    Raises:
        UsageProblem: there is none, it was undone before, or a later one says something else of
            the same images.
        Damaged: it can't be read, or a later one.
    """
    at = int(time.time())
    with archive.writing() as connection:
        chosen = _to_undo(connection, number)
        rows = scenes.rows_of(connection, chosen.before.digests)
        _write(connection, rows, chosen.before, at)
        if chosen.before.to_look and (group := _group_of(connection, rows.values())):
            duplicates.want_look(connection, group, wanted=True)
        log.set_undone(connection, chosen.id, at)
        position.move(connection, min(chosen.before.digests, default=None))
    return chosen


def decisions(archive: Archive, *, limit: int | None = None) -> list[Decision]:
    """The log of decisions, the newest first.

    Raises:
        Damaged: one can't be read.
    """
    with archive.reading() as connection:
        return log.every(connection, limit=limit)


def _change(
    connection: Connection, before: Scene, settled: Settled, at: int
) -> tuple[LoggedState, LoggedState] | None:
    """Write what was settled of a group: what stood and what stands now, None if that is one."""
    old = before.state
    new = scenes.state(settled.judged, settled.different, looks=False)
    if old == new:
        return None
    _write(connection, before.rows, new, at)
    if before.group is not None:
        duplicates.want_look(connection, before.group, wanted=False)
    return old, new


def _log(
    connection: Connection,
    changes: Iterable[tuple[str, Scene, LoggedState, LoggedState]],
    at: int,
) -> Iterator[int]:
    together: list[tuple[LoggedState, LoggedState]] = []
    first = ""
    for what, before, old, new in changes:
        if before.to_look:
            yield log.log(connection, what, old, new, at)
            continue
        first = first or what
        together.append((old, new))
    if together:
        more = f" and {len(together) - 1:,} more" * (len(together) > 1)
        old, new = (_together(states) for states in zip(*together, strict=True))
        yield log.log(connection, f"{first}{more}", old, new, at)


def _together(states: Iterable[LoggedState]) -> LoggedState:
    verdicts: dict[str, Verdict] = {}
    places: set[PlaceVerdict] = set()
    different: set[tuple[str, str]] = set()
    for state in states:
        verdicts |= state.verdicts
        places |= state.places
        different |= state.different
    return LoggedState(verdicts, frozenset(places), frozenset(different), to_look=False)


def _differences(old: LoggedState, new: LoggedState) -> int:
    """Of how many images something else is said."""
    judged = {digest for digest, said in new.verdicts.items() if old.verdicts.get(digest) != said}
    return len(judged | {each.digest for each in new.places - old.places})


def _group_of(connection: Connection, rows: Iterable[int]) -> int | None:
    return min(duplicates.group_numbers(connection, rows).values(), default=None)


def _write(connection: Connection, rows: Mapping[str, int], state: LoggedState, at: int) -> None:
    """Make the rows say what a state of the log says; what has gone since is passed over."""
    said = {rows[digest]: each for digest, each in state.verdicts.items() if digest in rows}
    judgements.set_verdicts(connection, said)
    judgements.set_places(connection, {each.place: each.verdict for each in state.places})
    if said:
        apart = [
            (min(rows[a], rows[b]), max(rows[a], rows[b]))
            for a, b in state.different
            if a in rows and b in rows
        ]
        pairs.set_different(connection, list(said), apart, at)
        settings.write(connection, GROUPED, None)  # the next search makes the groups again


def _to_undo(connection: Connection, number: int | None) -> Decision:
    if number is None:
        if last := log.standing(connection, limit=1):
            return last[0]
        raise UsageProblem("No decision to undo.")
    found = log.standing(connection, since=number) if number < 2**63 else []  # as rows count
    if not found or found[-1].id != number:
        raise UsageProblem(f"No decision {number} that could be undone.")
    *later, chosen = found
    same = [each.id for each in later if each.before.digests & chosen.before.digests]
    if same:
        raise UsageProblem(
            f"Decision {same[-1]} is later and about the same images. Undo that first."
        )
    return chosen


def _what(digest: str, judged: Judged) -> str:
    if judged.verdicts:
        said = rules.summary(list(judged.verdicts.values()))
        return f"group of {digest[:_SHOWN]}: {said}"
    said = rules.summary(list(judged.places[digest].values()))
    return f"places of {digest[:_SHOWN]}: {said}"
