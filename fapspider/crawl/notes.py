"""What an audit stores: observations of images, in place of pictures."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from fapproc.jobs import audit
from fapproc.jobs.ingest import IngestReport, Miss
from fapproc.model import Detail, Level, Observation, Reason
from fapproc.wording import counted
from fapspider.crawl.sink import ArchiveSink, Item

_CLEAR = {
    (Reason.PAGE, Detail.MISSING): Level.PAGE,
    (Reason.LINK, Detail.NONE): Level.LINK,
    (Reason.FILE, Detail.MISSING): Level.FILE,
}
"""By reason: what the site clearly says of an image, and the level at which it is gone then."""


def is_clear(item: Item) -> bool:
    """Whether an item clearly says that its image is there, or gone."""
    if not isinstance(item, Miss):
        return True
    return item.why is None and (item.reason, item.detail) in _CLEAR


class NotesSink(ArchiveSink):
    """A sink that stores in the archive what the site said about images, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.page_of: Callable[[int], str] = str
        """Gives the address of an image's page, for images whose page is gone."""
        self._seen: Counter[Level | None] = Counter()

    def keep_all(self, items: Sequence[Item]) -> IngestReport:
        """Store what was seen clearly; when this returns, it survives a power cut.

        Raises:
            FapError: nothing of it could be stored.
            TypeError: an item that no audit yields.
        """
        seen = [self._observed(item) for item in items if is_clear(item)]
        if seen:
            audit.record(self._opened, seen, at=int(time.time()), source=self.source)
        self._seen.update(observation.level for observation in seen)
        return IngestReport()

    def _observed(self, item: Item) -> Observation:
        if isinstance(item, Observation):
            return item
        if not isinstance(item, Miss):
            raise TypeError(f"an audit stores no picture: {item!r}")
        level = _CLEAR[item.reason, item.detail]
        return Observation(item.image, level, item.url or self.page_of(item.image))

    def __str__(self) -> str:
        told = [f"{counted(self._seen.total(), 'image')} answered for in this run"]
        told += [f"{self._seen[None]:,} there"]
        told += [f"{self._seen[level]:,} without {level}" for level in Level if self._seen[level]]
        return ", ".join(told)
