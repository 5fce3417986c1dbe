"""A failure that may not be the picture's own: held until it is known whose it is.

A page without landmarks may be an odd page, or the site's new layout; a file server that refuses
the connection may be one bad address, or the network. Three in a row, and it is not the pictures:
the crawl ends, and they wait for the next one. A good answer before that, and they were failures.
"""

from collections import defaultdict

from fapproc.errors import SiteError
from fapproc.model import Reason
from fapspider.items import MissItem

IN_A_ROW = 3


class Doubts:
    """Held failures, by the step that they are about."""

    def __init__(self) -> None:
        self._held: defaultdict[Reason, list[MissItem]] = defaultdict(list)

    def hold(self, miss: MissItem, error: SiteError) -> None:
        """Hold a failure.

        Raises:
            SiteError: the one given; this is the third in a row of its reason.
        """
        held = self._held[miss.reason]
        held.append(miss)
        if len(held) >= IN_A_ROW:
            raise error

    def settle(self, reason: Reason) -> list[MissItem]:
        """A good answer came at this step: what was held for it is the pictures' own failure."""
        return self._held.pop(reason, [])

    def settle_all(self) -> list[MissItem]:
        """The crawl ended well; so were all that are still held."""
        return [miss for reason in list(self._held) for miss in self.settle(reason)]
