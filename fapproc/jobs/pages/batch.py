"""A section of what a rule would decide, with the pictures that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.db import places as place_rows
from fapproc.jobs.batch import Proposal
from fapproc.jobs.pages.cells import best
from fapproc.model import Image, Verdict


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A group of which a rule says something: what it keeps, by what name, and what it skips."""

    digest: str
    keep: Image
    name: str | None
    skip: Sequence[Image]
    others: int
    """Images of the group of which it says nothing."""
    bytes: int


def entries(archive: Archive, proposals: Sequence[Proposal]) -> list[BatchEntry]:
    """What is shown of these; a group whose best has gone meanwhile is not there."""
    said = {digest for each in proposals for digest in each.verdicts}
    with archive.reading() as connection:
        there = images.by_digests(connection, said)
        places = place_rows.sightings_of(connection, [stored.id for stored in there.values()])
    found = []
    for each in proposals:
        by_verdict: dict[Verdict, list[str]] = {Verdict.KEEP: [], Verdict.SKIP: []}
        for digest, verdict in each.verdicts.items():
            if digest in there:
                by_verdict[verdict].append(digest)
        for digest in by_verdict[Verdict.KEEP]:
            sighting = best(places[there[digest].id])
            found.append(
                BatchEntry(
                    digest=each.members[0],
                    keep=there[digest].image,
                    name=sighting.name if sighting else None,
                    skip=[there[skipped].image for skipped in by_verdict[Verdict.SKIP]],
                    others=len(each.members) - len(each.verdicts),
                    bytes=each.bytes,
                )
            )
    return found
