"""Delete users, albums or images: a plan that can be looked at, and what obeys it.

An image goes with the last of its places. Rows go first, in one transaction, files after them: a
program that is killed in between leaves files of no row, which `check --repair` removes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, deleting, images, settings
from fapproc.db.deleting import Doomed, Standing
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import selection as selections
from fapproc.jobs.recording import GROUPED
from fapproc.selections.selection import Selection
from fapproc.vault.store import Key, Kind

_BATCH = 500


class Going(NamedTuple):
    """An image that goes; a tuple, as there may be very many."""

    digest: str
    bytes: int
    keys: tuple[Key, ...]
    """Of its files."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deletion takes away."""

    holders: tuple[str, ...]
    """Users and albums that go as a whole, as a person knows them."""
    places: int
    kept: int
    """Images that lose places and stay, because they are elsewhere too."""
    groups: int
    """Groups of possible duplicates that end."""
    images: tuple[Going, ...]

    @property
    def bytes(self) -> int:
        """Of the images that go."""
        return sum(each.bytes for each in self.images)

    @property
    def takes_nothing(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.holders or self.places or self.images)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was there before and is after; a sentence for each file that could not be removed."""

    before: Standing
    after: Standing
    left: tuple[str, ...]


def plan(archive: Archive, selection: Selection) -> Plan:
    """Decide what goes, and change nothing.

    A selection of users alone means these users, one of albums alone (with users or without) these
    albums; any other means images, at the places of the users and albums it names, if any.

    Raises:
        UsageProblem: the selection says nothing.
        FapError: it names what isn't there.
    """
    with archive.reading() as connection:
        return _planned(connection, _doomed(connection, selection))


def delete(archive: Archive, selection: Selection, agreed: Plan) -> Deleted:
    """Do what was agreed to.

    Raises:
        UsageProblem: something else would go by now; nothing was deleted.
        FapError: as `plan`.
    """
    with archive.writing() as connection:
        before = deleting.standing(connection)
        doomed = _doomed(connection, selection)
        if _planned(connection, doomed) != agreed:
            raise UsageProblem(
                "The archive has changed since it was looked at, and other images would go. "
                "Nothing was deleted; run the same command again."
            )
        deleting.delete_rows(connection, doomed)
        settings.write(connection, GROUPED, None)  # the next search makes the groups again
    left = tuple(_remove_files(archive, agreed.images))
    with archive.reading() as connection:
        return Deleted(before, deleting.standing(connection), left)


def _doomed(connection: Connection, selection: Selection) -> Doomed:
    chosen = selections.resolve(connection, selections.something(selection))
    named = Selection(users=selection.users, albums=selection.albums)
    if selection != named:
        return deleting.of_images(connection, chosen)
    if chosen.albums is not None:
        return deleting.of_albums(connection, chosen.albums)
    return deleting.of_users(connection, chosen.users or ())


def _planned(connection: Connection, doomed: Doomed) -> Plan:
    return Plan(
        holders=tuple(_holders(connection, doomed)),
        places=doomed.places,
        kept=len(doomed.touched) - len(doomed.images),
        groups=deleting.count_ending(connection, doomed.images),
        images=tuple(_going(connection, doomed.images)),
    )


def _holders(connection: Connection, doomed: Doomed) -> Iterator[str]:
    names = {user.id: user.name for user in catalogue.users(connection)}
    for each in doomed.users:
        yield f"user {names[each]} ({each})"
    for whose, number in doomed.albums:
        found = catalogue.album_by_id(connection, whose, number)
        if found is not None:
            yield f"album {found.name} ({number}) of {names[whose]}"


def _going(connection: Connection, image_ids: Sequence[int]) -> Iterator[Going]:
    for stored in deleting.stored(connection, image_ids):
        found = stored.image
        keys = [Key(Kind.BLOB, found.digest, found.format)]
        if found.thumb_format is not None:
            keys.append(Key(Kind.THUMB, found.digest, found.thumb_format))
        yield Going(found.digest, found.bytes, tuple(keys))


def _remove_files(archive: Archive, going: Sequence[Going]) -> Iterator[str]:
    """Remove the files of images that have no row; one that came again meanwhile keeps its own."""
    for start in range(0, len(going), _BATCH):
        some = going[start : start + _BATCH]
        with archive.writing() as connection:  # no row can come while this writes
            back = images.numbers_of(connection, [each.digest for each in some])
            for key in (key for each in some if each.digest not in back for key in each.keys):
                try:
                    archive.vault.delete(key)
                except FapError as error:
                    yield str(error)
