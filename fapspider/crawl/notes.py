"""What an audit sees: written as it comes, and together where it comes while others are written."""

import asyncio
import time
from collections import Counter

from fapproc.jobs import audit
from fapproc.model import Level, Observation
from fapproc.wording import counted
from fapspider.crawl.sink import ArchiveSink


class Notes:
    """The observations of one run."""

    def __init__(self, sink: ArchiveSink) -> None:
        self._sink = sink
        self._seen: Counter[Level | None] = Counter()
        self._writing = asyncio.Lock()
        self._unwritten: list[Observation] = []

    async def write(self, observation: Observation) -> None:
        """Note what was seen; when this returns, it survives a power cut.

        Raises:
            FapError: it could not be written.
        """
        self._unwritten.append(observation)
        async with self._writing:
            batch, self._unwritten = self._unwritten, []
            if batch:
                await self._sink.ask(
                    audit.record, batch, at=int(time.time()), source=self._sink.source
                )
        self._seen[observation.level] += 1

    def __str__(self) -> str:
        told = [f"{counted(self._seen.total(), 'image')} answered for in this run"]
        told += [f"{self._seen[None]:,} there"]
        told += [f"{self._seen[level]:,} without {level}" for level in Level if self._seen[level]]
        return ", ".join(told)
