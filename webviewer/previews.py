"""Batches that were shown and not accepted yet, in memory: what is accepted is what was seen."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from fapproc.jobs.batch import Batch, Rule

_MOST = 8
_MOST_GROUPS = 150_000
"""In all of them; a group of two takes some 600 bytes."""


@dataclass(slots=True)
class Preview:
    """What a rule would decide, and the groups that a person has taken out of it.

    `merge_tags`: what is kept gets the tags of what is skipped.
    """

    id: str
    rule: Rule
    batch: Batch
    left_out: set[str] = field(default_factory=set)
    merge_tags: bool = True


class Previews:
    """The last few, by a name that nobody guesses; all are forgotten when the viewer ends."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, Preview] = OrderedDict()
        self._turn = Lock()

    def keep(self, rule: Rule, batch: Batch) -> Preview:
        """Keep what is shown from now on; of too many, or of too large ones, the oldest go."""
        made = Preview(secrets.token_urlsafe(12), rule, batch)
        with self._turn:
            self._found[made.id] = made
            while len(self._found) > 1 and self._are_too_many():
                self._found.popitem(last=False)
        return made

    def _are_too_many(self) -> bool:
        groups = sum(len(each.batch.proposals) for each in self._found.values())
        return len(self._found) > _MOST or groups > _MOST_GROUPS

    def of(self, name: str | None) -> Preview | None:
        """The one of this name; None if it is forgotten."""
        return self._found.get(name or "")

    def drop(self, preview: Preview) -> None:
        """Forget one that was accepted."""
        with self._turn:
            self._found.pop(preview.id, None)
