"""What an audit brings to the archive: what it saw of images, in place of pictures."""

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
"""What the site says clearly of an image, and at which level it is gone then."""


def is_clear(item: Item) -> bool:
    """Whether an item says of its image that it is there, or gone."""
    if not isinstance(item, Miss):
        return True
    return item.why is None and (item.reason, item.detail) in _CLEAR


class NotesSink(ArchiveSink):
    """An archive that learns what the site said of images, and no more than that."""

    def __init__(self) -> None:
        super().__init__()
        self.page_of: Callable[[int], str] = str
        """The address of an image's page, for what is gone with it."""
        self._seen: Counter[Level | None] = Counter()

    def keep_all(self, items: Sequence[Item]) -> IngestReport:
        """Note what was seen clearly; when this returns, it survives a power cut."""
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
