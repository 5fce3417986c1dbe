"""What stands of a group, or of an image in none, before anything is said of it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.db import duplicates, images, pairs
from fapproc.db import places as place_rows
from fapproc.db.decisions import LoggedState, PlaceVerdict
from fapproc.dedup.verdicts import Judged
from fapproc.errors import UsageProblem


@dataclass(frozen=True, slots=True)
class Scene:
    """A group, or an image in none, as the rows have it; `rows` by digest."""

    judged: Judged
    rows: Mapping[str, int]
    different: frozenset[tuple[str, str]]
    group: int | None
    to_look: bool

    @property
    def state(self) -> LoggedState:
        """What stands, as the log keeps it."""
        return state(self.judged, self.different, looks=self.to_look)

    @property
    def version(self) -> str:
        """A sum of what stands: another one as soon as anything is said, comes or goes."""
        return hashlib.sha256(self.state.to_json().encode()).hexdigest()[:32]


def look(connection: Connection, digest: str) -> Scene:
    """The group that an image is in, or the image alone.

    Raises:
        UsageProblem: there is no such image, or nothing of it to judge.
    """
    stored = images.by_digest(connection, digest)
    if stored is None:
        raise UsageProblem(f"No image {digest}. 'fapproc print --blobs' lists those there are.")
    group = duplicates.group_of(connection, digest)
    rows = rows_of(connection, group.members if group else [digest])
    sightings = place_rows.sightings_of(connection, list(rows.values()))
    places = {
        member: {sighting.place: sighting.verdict for sighting in sightings[row]}
        for member, row in rows.items()
    }
    if group is None and len(places[digest]) < 2:
        raise UsageProblem(
            f"Image {digest} is in no group and listed at one place: there is nothing to judge."
        )
    names = {row: member for member, row in rows.items()}
    apart = pairs.different_among(connection, list(names))
    different = frozenset((min(p), max(p)) for p in ((names[a], names[b]) for a, b in apart))
    judged = Judged(group.verdicts if group else {}, places)
    looks = group.to_look if group else False
    return Scene(judged, rows, different, group.id if group else None, looks)


def rows_of(connection: Connection, digests: Iterable[str]) -> dict[str, int]:
    """The row numbers of the images that are there, by digest."""
    found = images.by_digests(connection, digests)
    return {digest: stored.id for digest, stored in found.items()}


def state(judged: Judged, different: Iterable[tuple[str, str]], *, looks: bool) -> LoggedState:
    """Verdicts, places and what was called different, as the log keeps them."""
    places = (
        PlaceVerdict(digest, place, verdict)
        for digest, known in judged.places.items()
        for place, verdict in known.items()
    )
    return LoggedState(dict(judged.verdicts), frozenset(places), frozenset(different), looks)
