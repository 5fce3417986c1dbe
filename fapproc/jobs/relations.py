"""How images that are not one picture are related: alternates, and frames of animations."""

from collections.abc import Collection

from sqlalchemy import Connection

from fapproc.db import images, judgements, pairs
from fapproc.dedup.motion import FRAME
from fapproc.dedup.verdicts import are_akin
from fapproc.relations import Related, Relation


def related_images(connection: Connection) -> set[int]:
    """Images that may be related to others: of all others `related` would look in vain."""
    frames = {number for pair in pairs.by_method(connection, FRAME) for number in pair}
    return judgements.different_images(connection) | frames


def related(connection: Connection, image_ids: Collection[int]) -> dict[int, tuple[Related, ...]]:
    """To what each of these images is related, by row number; by relation, then by digest.

    Alternates are what a person said, frames what the last search found.
    """
    ids = list(image_ids)
    if not ids:
        return {}
    akin = [
        (a, b)
        for a, b, one, other in judgements.called_different(connection, ids)
        if are_akin(one, other)
    ]
    frames = pairs.by_method(connection, FRAME, ids)
    there = images.by_ids(connection, {number for pair in (*akin, *frames) for number in pair})
    known = {number: stored.image for number, stored in there.items()}
    links = [(one, Relation.ALTERNATE, other) for a, b in akin for one, other in ((a, b), (b, a))]
    for pair in frames:
        moving = [number for number in pair if (facts := known[number].facts) and facts.animated]
        for film in moving[:1]:
            (still,) = set(pair) - {film}
            links += [(still, Relation.FRAME, film), (film, Relation.ANIMATION, still)]
    found: dict[int, list[Related]] = {number: [] for number in ids}
    for number, relation, other in links:
        if number in found:
            found[number].append(Related(relation, known[other].digest))
    return {
        number: tuple(sorted(some, key=lambda each: (each.relation, each.digest)))
        for number, some in found.items()
    }
