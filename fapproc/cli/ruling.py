"""What a rule that judges groups would do, and what it leaves to the person, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.jobs.batch import Batch

_WHY = {
    "unequal": "the images differ in more than size and quality",
    "enlarged": "the largest image may be an enlarged copy of a smaller one",
    "unseen": "an image could not be read ('fapproc check' shows more)",
    "unexamined": "nobody has looked yet which images are the same ('fapproc dedup' does)",
    "look": "the images are others than when you judged them",
}
"""Why groups wait for a person, by `batch.Stays`."""


def staying(planned: "Batch") -> Iterator[str]:
    """What the rule says nothing of, and why."""
    waiting = {said: planned.stays[why] for why, said in _WHY.items() if why in planned.stays}
    judged = planned.stays.get("judged", 0)
    if waiting:
        count = sum(waiting.values())
        told = [f"of {each:,} {said}" if each < count else said for said, each in waiting.items()]
        yield (
            f"{counted(count, 'group waits', 'groups wait')} for your verdict: "
            f"{', '.join(told)}. 'fapproc verdict list --waiting' lists them."
        )
    elif not planned.proposals and judged:
        yield f"{counted(judged, 'group is', 'groups are')} judged already."
    elif not planned.proposals:
        yield "There are no groups here. 'fapproc dedup' finds possible duplicates."


def in_words(planned: "Batch") -> str:
    """What the rule would do, as half a sentence."""
    groups = counted(len(planned.proposals), "group")
    skipped = counted(planned.skipped, "image")
    return f"judge {groups}: keep the best of each, skip {skipped} ({size(planned.bytes)})"
