"""The present state of a group, or of an image in none, before a person says something of it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.db import duplicates, images, pairs
from fapproc.db import places as place_rows
from fapproc.db.logged import LoggedState, PlaceVerdict
from fapproc.dedup.verdicts import Judged, Settled
from fapproc.errors import UsageProblem
from fapproc.wording import short

_BATCH = 200
"""Groups that are looked at together."""


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

    def after(self, settled: Settled) -> "Scene":
        """What stands when this was settled of it; then it was looked at."""
        judged, apart = settled.judged, settled.different
        return replace(self, judged=judged, different=apart, to_look=False)

    @property
    def version(self) -> str:
        """A sum of what stands: another one as soon as anything is said, comes or goes."""
        return hashlib.sha256(self.state.to_json().encode()).hexdigest()[:32]


def look(connection: Connection, digest: str) -> Scene:
    """The group that an image is in, or the image alone.

    Raises:
        UsageProblem: there is no such image, or nothing of it to judge.
    """
    if (found := look_all(connection, [digest]).get(digest)) is not None:
        return found
    if images.by_digest(connection, digest) is None:
        raise UsageProblem(f"No image {digest}. 'fapproc print --blobs' lists all images.")
    raise UsageProblem(
        f"Image {short(digest)} is in no group and listed at only one place: there is nothing to "
        "judge."
    )


def look_all(connection: Connection, digests: Sequence[str]) -> dict[str, Scene]:
    """What stands of each of these images, by its digest; of those with nothing to judge nothing.

    Images of one group have one scene.
    """
    found: dict[str, Scene] = {}
    for start in range(0, len(digests), _BATCH):
        found |= _look_at_some(connection, digests[start : start + _BATCH])
    return found


def _look_at_some(connection: Connection, digests: Sequence[str]) -> dict[str, Scene]:
    numbers = images.numbers_of(connection, digests)
    grouped = duplicates.group_numbers(connection, numbers.values())
    found_groups = duplicates.of_numbers(connection, sorted({*grouped.values()}))
    groups = {each.id: each for each in found_groups}
    members = {member for group in groups.values() for member in group.members}
    rows = rows_of(connection, [*members, *numbers])
    sightings = place_rows.sightings_of(connection, list(rows.values()))
    names = {row: member for member, row in rows.items()}
    apart = [
        (min(names[a], names[b]), max(names[a], names[b]))
        for a, b in pairs.different_among(connection, list(names))
    ]
    scenes: dict[int | str, Scene] = {}
    found: dict[str, Scene] = {}
    for digest, number in numbers.items():
        key = grouped.get(number, digest)
        if key not in scenes:
            group = groups.get(grouped.get(number, 0))
            its = {each: rows[each] for each in (group.members if group else [digest])}
            places = {
                each: {sighting.place: sighting.verdict for sighting in sightings[row]}
                for each, row in its.items()
            }
            if group is None and len(places[digest]) < 2:
                continue
            scenes[key] = Scene(
                Judged(group.verdicts if group else {}, places),
                its,
                frozenset(pair for pair in apart if its.keys() >= set(pair)),
                group.id if group else None,
                group.to_look if group else False,
            )
        found[digest] = scenes[key]
    return found


def rows_of(connection: Connection, digests: Iterable[str]) -> dict[str, int]:
    """The row numbers of the images that are there, by digest."""
    return images.numbers_of(connection, list(dict.fromkeys(digests)))


def state(judged: Judged, different: Iterable[tuple[str, str]], *, looks: bool) -> LoggedState:
    """Verdicts, places and what was called different, as the log keeps them."""
    places = (
        PlaceVerdict(digest, place, verdict)
        for digest, known in judged.places.items()
        for place, verdict in known.items()
    )
    return LoggedState(dict(judged.verdicts), frozenset(places), frozenset(different), looks)
