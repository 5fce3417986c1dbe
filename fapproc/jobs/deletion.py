"""Delete users, albums or images: a plan that can be shown, and its execution.

An image is deleted with the last of its places. Rows are deleted first, in one transaction, then
files: a program that is killed in between leaves files without rows, which `check --repair`
removes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, deleting, images, pruned, settings
from fapproc.db.deleting import Counts, Doomed
from fapproc.db.pruned import State
from fapproc.errors import Away, Changed, FapError
from fapproc.jobs import selection as selections
from fapproc.jobs.leaving import Going, Leaving
from fapproc.jobs.recording import GROUPED
from fapproc.model import FolderKind, UserId
from fapproc.selections.selection import Selection
from fapproc.vault.store import Key
from fapproc.wording import counted, size

Meant = Selection | UserId | tuple[UserId, int]
"""What is to go: what a person's words choose, or a user or an album that is known by number."""

_BATCH = 500
_THREADS, _AT_ONCE = 8, 64
"""A disk that is busy answers each after 2 ms, and many asked at once in a tenth of the time."""
_NAMED = 3
"""Users and albums that are named where all is summed up."""


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What a deletion takes away."""

    holders: tuple[str, ...]
    """Users and albums that go as a whole, as a person knows them."""
    places: int
    kept: int
    """Images that lose places and stay, because they are elsewhere too."""
    groups: int
    """Groups of possible duplicates that end."""
    images: Leaving
    pruned: Leaving = field(default_factory=Leaving)
    """What was pruned for images that go: it leaves the bin, and its digests are forgotten."""

    @property
    def bytes(self) -> int:
        """Of the images that go."""
        return self.images.size

    @property
    def takes_nothing(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.holders or self.places or self.images)

    @property
    def summed(self) -> str:
        """What goes, in half a sentence."""
        parts = [*self.holders[:_NAMED]]
        if len(self.holders) > _NAMED:
            parts.append(counted(len(self.holders) - _NAMED, "more album"))
        parts.append(counted(self.places, "place"))
        parts.append(f"{counted(len(self.images), 'image')} ({size(self.bytes)})")
        kept = f"; {counted(self.kept, 'image stays', 'images stay')} elsewhere" * bool(self.kept)
        ends = f"; {counted(self.groups, 'group ends', 'groups end')}" * bool(self.groups)
        lapse = counted(
            len(self.pruned), "pruned image is forgotten", "pruned images are forgotten"
        )
        return f"{', '.join(parts)}{kept}{ends}{f'; {lapse}' * bool(self.pruned)}"

    @property
    def version(self) -> str:
        """Tells whether a later plan takes away something else, for who can't keep this one."""
        found = hashlib.sha256(repr((self.holders, self.places, self.kept, self.groups)).encode())
        for digest in chain(self.images.digests, self.pruned.digests):
            found.update(digest)
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was there before and is after; a sentence for each file that could not be removed."""

    before: Counts
    after: Counts
    left: tuple[str, ...]

    @property
    def figures(self) -> str:
        """How much there was and is, in a sentence: of who and what was deleted it has no name."""
        before, after = self.before, self.after
        return (
            f"Images {before.images:,} -> {after.images:,}, places {before.places:,} -> "
            f"{after.places:,}, groups {before.groups:,} -> {after.groups:,}, "
            f"{size(before.bytes)} -> {size(after.bytes)}."
        )


def plan(archive: Archive, meant: Meant) -> DeletionPlan:
    """Decide what goes, and change nothing.

    A selection of users alone means these users, one of albums alone (with users or without) these
    albums; any other means images, at the places of the users and albums it names, if any.

    Raises:
        UsageProblem: the selection says nothing.
        FapError: it names what isn't there.
    """
    with archive.reading() as connection:
        return _planned(connection, _doomed(connection, meant))


def delete(archive: Archive, meant: Meant, agreed: DeletionPlan) -> Deleted:
    """Do what was agreed to.

    Raises:
        Changed: something else would go by now; nothing was deleted.
        FapError: as `plan`.
    """
    with archive.writing() as connection:
        before = deleting.counts(connection)
        doomed = _doomed(connection, meant)
        if _planned(connection, doomed) != agreed:
            raise Changed(
                "The archive has changed since you looked at it, and other images would go. "
                "Nothing was deleted: look at it again."
            )
        deleting.delete_rows(connection, doomed)
        settings.write(connection, GROUPED, None)  # the next search makes the groups again
    left = (*remove_files(archive, agreed.images), *remove_files(archive, agreed.pruned))
    with archive.reading() as connection:
        return Deleted(before, deleting.counts(connection), left)


def _doomed(connection: Connection, meant: Meant) -> Doomed:
    if isinstance(meant, UserId):
        if catalogue.user_by_id(connection, meant) is None:
            raise Changed(f"There is no user {meant} any more. Nothing was deleted.")
        return deleting.of_users(connection, [meant])
    if isinstance(meant, tuple):
        if catalogue.album_by_id(connection, *meant) is None:
            raise Changed(f"There is no album {meant[1]} any more. Nothing was deleted.")
        return deleting.of_albums(connection, [meant])
    chosen = selections.resolve(connection, selections.something(meant))
    named = Selection(users=meant.users, albums=meant.albums)
    if meant != named:
        return deleting.of_images(connection, chosen)
    if chosen.albums is not None:
        return deleting.of_albums(connection, chosen.albums)
    return deleting.of_users(connection, chosen.users or ())


def _planned(connection: Connection, doomed: Doomed) -> DeletionPlan:
    return DeletionPlan(
        holders=tuple(_holders(connection, doomed)),
        places=doomed.places,
        kept=len(doomed.touched) - len(doomed.images),
        groups=deleting.count_ending(connection, doomed.images),
        images=Leaving.of(deleting.stored(connection, doomed.images)),
        pruned=Leaving.of(each.stored for each in pruned.of_kept(connection, doomed.images)),
    )


def _holders(connection: Connection, doomed: Doomed) -> Iterator[str]:
    names = {user.id: user.name for user in catalogue.users(connection)}
    for each in doomed.users:
        yield f"user {names[each]} ({each})"
    for whose, number in doomed.albums:
        found = catalogue.album_by_id(connection, whose, number)
        # With a user go folders of folders too, and those that were never read: no albums yet.
        if found is not None and not (doomed.users and found.kind is not FolderKind.PICTURES):
            yield f"album {found.name} ({number}) of {names[whose]}"


def remove_files(archive: Archive, leaving: Sequence[Going]) -> Iterator[str]:
    """Remove the files of images that have no row; one that came again meanwhile keeps its own.

    Yields a sentence for each that could not be removed; where nothing can be, no more is tried.
    """
    away = ""
    with ThreadPoolExecutor(_THREADS) as pool:
        for some in (leaving[at : at + _BATCH] for at in range(0, len(leaving), _BATCH)):
            with archive.writing() as connection:  # no row can come while this writes
                for keys, several in _portions(_without_row(connection, some)):
                    if away:
                        yield from [away] * len(keys)
                        continue
                    for refused in (pool.map if several else map)(partial(_remove, archive), keys):
                        if refused is not None:
                            away = str(refused) if isinstance(refused, Away) else away
                            yield str(refused)


def _without_row(connection: Connection, leaving: Sequence[Going]) -> list[Key]:
    """Files of those that have not come again."""
    digests = [each.digest for each in leaving]
    back = {*images.numbers_of(connection, digests), *pruned.known(connection, digests, State.BIN)}
    return [key for each in leaving if each.digest not in back for key in each.keys]


def _portions(keys: Sequence[Key]) -> Iterator[tuple[Sequence[Key], bool]]:
    """So many files as are removed before it is asked whether that can be done at all.

    Many are removed by several threads, so many at once; few one after the other.
    """
    several = len(keys) > _AT_ONCE
    step = _AT_ONCE if several else 1
    return ((keys[at : at + step], several) for at in range(0, len(keys), step))


def _remove(archive: Archive, key: Key) -> FapError | None:
    """Remove a file; why that could not be done."""
    try:
        archive.vault.delete(key)
    except FapError as error:
        return error
    return None
