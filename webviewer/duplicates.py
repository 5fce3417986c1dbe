"""Groups that may be one picture, images listed more than once, and either of them in full."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import abort, render_template
from sqlalchemy import Connection

from fapproc.db import catalogue, duplicates, images, tags
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.jobs import judging
from fapproc.model import Group, Image, Sighting, Verdict
from webviewer.blueprint import archive, blueprint
from webviewer.paging import stretch

GROUPS = 30
EXACT = 30
THUMBS = 6
"""Thumbnails of a group in the list."""
PAIRS = 200
"""Pairs shown of a group; a group of many images has more than a page should hold."""


@dataclass(frozen=True, slots=True)
class Row:
    """A group in the list, or an image that is listed more than once."""

    digest: str
    images: Sequence[Image]
    count: int
    verdicts: Sequence[Verdict]
    waits: bool
    """Whether a word of the person is missing."""


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a group with all that helps to judge it."""

    image: Image
    verdict: Verdict | None
    tags: Sequence[str]
    codes: Mapping[str, str]
    places: Sequence[tuple[Sighting, tuple[str, str]]]
    """Each place with the names of its user and album."""
    best: bool
    """Whether it is the one of its group that we would keep."""


@blueprint.get("/duplicates/", endpoint="duplicates")
def list_all() -> str:
    """Groups that may be one picture, and images listed at more than one place."""
    with archive().reading() as connection:
        grouped, count, waiting = duplicates.count_groups(connection)
        groups = stretch(count, GROUPS)
        twice, twice_waiting = duplicates.count_exact(connection)
        exact = stretch(twice, EXACT, parameter="exact")
        return render_template(
            "webviewer/duplicates.html",
            groups=groups,
            grouped=grouped,
            waiting=waiting,
            group_rows=_group_rows(
                connection, duplicates.groups(connection, offset=groups.offset, limit=groups.size)
            ),
            exact=exact,
            exact_waiting=twice_waiting,
            exact_rows=_exact_rows(
                connection,
                duplicates.exact_page(connection, offset=exact.offset, limit=exact.size),
            ),
        )


@blueprint.get("/duplicate/<sha:digest>/")
def duplicate(digest: str) -> str:
    """The group that an image is in; else the places of one that is listed more than once."""
    with archive().reading() as connection:
        stored = images.by_digest(connection, digest)
        if stored is None:
            abort(404, f"Unknown blob {digest}: no image has this digest.")
        group = duplicates.group_of(connection, digest)
        if group is not None:
            before, after = duplicates.groups_beside(connection, group.id)
            found = images.by_digests(connection, group.members)
            members = _members(connection, found.values(), group.verdicts)
        else:
            members = _members(connection, [stored], {})
            if len(members[0].places) < 2:
                abort(
                    404,
                    f"Image {digest} does not correspond to a duplicate set: nothing that the "
                    "archive knows looks like it, and it is listed at one place.",
                )
            before, after = duplicates.exact_beside(connection, stored.id)
        return render_template(
            "webviewer/duplicate.html",
            digest=digest,
            group=group,
            members=members,
            pairs=group.pairs[:PAIRS] if group else (),
            by_digest={member.image.digest: member for member in members},
            before=before,
            after=after,
        )


def _group_rows(connection: Connection, groups: Sequence[Group]) -> list[Row]:
    shown = {group.id: group.members[:THUMBS] for group in groups}
    wanted = [digest for members in shown.values() for digest in members]
    found = images.by_digests(connection, wanted)
    return [
        Row(
            digest=group.members[0],
            images=[found[digest].image for digest in shown[group.id]],
            count=len(group.members),
            verdicts=[group.verdicts[digest] for digest in group.members],
            waits=group.waits,
        )
        for group in groups
    ]


def _exact_rows(connection: Connection, twice: Sequence[Stored]) -> list[Row]:
    places = place_rows.sightings_of(connection, [stored.id for stored in twice])
    return [
        Row(
            digest=stored.image.digest,
            images=[stored.image],
            count=len(places[stored.id]),
            verdicts=[sighting.verdict for sighting in places[stored.id]],
            waits=any(sighting.verdict is Verdict.NEW for sighting in places[stored.id]),
        )
        for stored in twice
    ]


def _members(
    connection: Connection, members: Iterable[Stored], verdicts: Mapping[str, Verdict]
) -> list[Member]:
    """The biggest picture first: by pixels, then bytes, then digest."""
    ordered = sorted(members, key=_size, reverse=True)
    numbers = [stored.id for stored in ordered]
    places = place_rows.sightings_of(connection, numbers)
    albums = {(each.place.user, each.place.album) for row in places.values() for each in row}
    names = catalogue.names_of(connection, albums)
    codes = images.codes_of(connection, numbers)
    tagged = tags.tags_of(connection, numbers)
    best = judging.suggested(stored.image for stored in ordered) if verdicts else None
    return [
        Member(
            image=stored.image,
            verdict=verdicts.get(stored.image.digest),
            tags=tagged.get(stored.id, ()),
            codes={
                method: code.hex()
                for method, code in codes.get(stored.id, {}).items()
                if len(code) == _HASH_BYTES
            },
            places=[(each, names[each.place.user, each.place.album]) for each in places[stored.id]],
            best=stored.image.digest == best,
        )
        for stored in ordered
    ]


_HASH_BYTES = 8  # an embedding has thousands; nobody compares these by eye


def _size(stored: Stored) -> tuple[int, int, str]:
    image = stored.image
    pixels = image.facts.width * image.facts.height if image.facts else 0
    return pixels, image.bytes, image.digest
