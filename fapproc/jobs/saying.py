"""Writes and logs what a person said of groups: verdicts, places, pairs, tags."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.db import decisions as log
from fapproc.db import duplicates, judgements, pairs, settings, tags
from fapproc.db.dialect import numbers
from fapproc.db.logged import LoggedState, PlaceVerdict
from fapproc.dedup import verdicts as rules
from fapproc.dedup.verdicts import Judged, Settled
from fapproc.jobs.recording import GROUPED
from fapproc.jobs.scenes import Scene
from fapproc.model import Verdict
from fapproc.wording import counted, short


@dataclass(frozen=True, slots=True)
class Change:
    """What is said anew of a group, in words, and what stands before and after it.

    `tags`: what those that are kept get of those that are skipped, by digest and tag.
    """

    what: str
    before: Scene
    after: Scene
    tags: frozenset[tuple[str, int]] = frozenset()

    @property
    def state(self) -> LoggedState:
        """What stands then, as the log keeps it."""
        return replace(self.after.state, tags=self.tags)

    @property
    def is_none(self) -> bool:
        """Whether all of it stood before."""
        return self.before.state == self.state


def changed(digest: str, before: Scene, stands: Scene, settled: Settled) -> Change:
    """The change that makes of what stood before what was settled of what stands now."""
    return Change(_what(digest, stands.judged, settled.judged), before, stands.after(settled))


def with_tags(connection: Connection, changes: Iterable[Change]) -> list[Change]:
    """The same changes, in each of which all that is kept gets the tags of what is skipped."""
    asked = list(changes)
    rows = [row for each in asked for row in each.before.rows.values()]
    carried = tags.ids_of(connection, rows)
    found = []
    for each in asked:
        verdicts, of = each.after.judged.verdicts, each.before.rows
        skipped = {
            tag
            for digest, said in verdicts.items()
            if said is Verdict.SKIP
            for tag in carried[of[digest]]
        }
        given = frozenset(
            (digest, tag)
            for digest, said in verdicts.items()
            if said is Verdict.KEEP
            for tag in skipped - carried[of[digest]]
        )
        count = len({tag for _, tag in given})
        told = f"{each.what}, {counted(count, 'tag')} given to what is kept" if count else each.what
        found.append(replace(each, what=told, tags=given))
    return found


def save(connection: Connection, changes: Sequence[Change], at: int) -> tuple[int, ...]:
    """Write what was said of groups, and log it: as one decision, but for those to be undone apart.

    Returns:
        The numbers of the decisions.
    """
    if not changes:
        return ()
    rows = {digest: row for each in changes for digest, row in each.before.rows.items()}
    old, new = _together(changes)
    write(connection, rows, old, new, at)
    for each in changes:
        if each.before.to_look and each.before.group is not None:
            duplicates.want_look(connection, each.before.group, wanted=False)
    apart = [each for each in changes if each.before.to_look]
    joint = [each for each in changes if not each.before.to_look]
    decided = [log.log(connection, each.what, each.before.state, each.state, at) for each in apart]
    if joint:
        more = f", and {counted(len(joint) - 1, 'other group')}" * (len(joint) > 1)
        decided.append(log.log(connection, f"{joint[0].what}{more}", *_together(joint), at))
    return tuple(decided)


def _together(changes: Iterable[Change]) -> tuple[LoggedState, LoggedState]:
    """What stands of several groups, before and after."""
    both = [(each.before.state, each.state) for each in changes]
    old, new = ([pair[side] for pair in both] for side in (0, 1))
    return _union(old), _union(new)


def _union(states: Iterable[LoggedState]) -> LoggedState:
    verdicts: dict[str, Verdict] = {}
    places: set[PlaceVerdict] = set()
    different: set[tuple[str, str]] = set()
    given: set[tuple[str, int]] = set()
    for state in states:
        verdicts |= state.verdicts
        places |= state.places
        different |= state.different
        given |= state.tags
    sets = frozenset(places), frozenset(different)
    return LoggedState(verdicts, *sets, to_look=False, tags=frozenset(given))


def differences(change: Change) -> int:
    """Of how many images something else is said."""
    old, new = change.before.state, change.state
    judged = {digest for digest, said in new.verdicts.items() if old.verdicts.get(digest) != said}
    return len(judged | {each.digest for each in new.places - old.places})


def write(
    connection: Connection, rows: Mapping[str, int], old: LoggedState, new: LoggedState, at: int
) -> None:
    """Make the rows say one state of the log and not the other; what has gone is passed over."""
    said = {
        rows[digest]: each
        for digest, each in new.verdicts.items()
        if digest in rows and each != old.verdicts.get(digest)
    }
    judgements.set_verdicts(connection, said)
    places = new.places - old.places
    judgements.set_places(connection, {each.place: each.verdict for each in places})

    def pairs_of(apart: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
        for a, b in apart:
            if a in rows and b in rows:
                yield min(rows[a], rows[b]), max(rows[a], rows[b])

    gone, came = old.different - new.different, new.different - old.different
    pairs.change_different(connection, pairs_of(gone), pairs_of(came), at)
    for tag, images in _by_tag(rows, new.tags - old.tags):
        tags.apply(connection, tag, numbers(images))
    for tag, images in _by_tag(rows, old.tags - new.tags):
        tags.clear(connection, [tag], numbers(images))
    if said or gone or came:
        settings.write(connection, GROUPED, None)  # the next search makes the groups again


def _by_tag(
    rows: Mapping[str, int], given: Iterable[tuple[str, int]]
) -> Iterator[tuple[int, list[int]]]:
    found = defaultdict[int, list[int]](list)
    for digest, tag in given:
        if digest in rows:
            found[tag].append(rows[digest])
    yield from sorted(found.items())


def _what(digest: str, stands: Judged, judged: Judged) -> str:
    """What is said, in words; of places where nothing else is said of the group."""
    of_places = judged.places.get(digest) != stands.places.get(digest)
    if judged.verdicts and not (of_places and judged.verdicts == stands.verdicts):
        said = rules.summary(list(judged.verdicts.values()))
        return f"group of {short(digest)}: {said}"
    said = rules.summary(list(judged.places[digest].values()))
    return f"places of {short(digest)}: {said}"
