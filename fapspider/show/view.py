"""What a crawl shows on a terminal: values in, something that rich can draw out."""

import time
from collections import deque
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fapproc.names import shown
from fapproc.wording import counted, duration
from fapspider.crawl.tally import Progress

SPAN = 300.0  # a burst, or a pause of the site, counts no longer than five minutes
FEWEST_SECONDS = 5.0  # before that a rate says nothing


class Rate:
    """Pictures a second, measured over the last minutes, with delays and budgets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def measure(self, done: int) -> float | None:
        """The rate now that so many are done; None while it can't be told."""
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 1 and now - self._seen[1][0] >= SPAN:
            self._seen.popleft()
        since, before = self._seen[0]
        if now - since < FEWEST_SECONDS or done == before:
            return None
        return (done - before) / (now - since)


def picture(progress: Progress, rate: float | None, pages_left: int | None) -> RenderableType:
    """A line for the album in hand, and below it how the whole crawl goes."""
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(ratio=2, no_wrap=True, overflow="ellipsis")
    line.add_column(ratio=3)
    line.add_column(no_wrap=True, justify="right")
    bar = ProgressBar(total=max(1, progress.album_wanted), completed=progress.album_done)
    line.add_row(
        Text(shown(progress.album), style="bold"),
        bar,
        f"{progress.album_done:,}/{progress.album_wanted:,}",
    )
    return Group(line, Text(sentence(progress, rate, pages_left)))


def step(doing: str) -> RenderableType:
    """What the crawl does while there are no pictures to count yet."""
    return Group(Text(shown(doing), no_wrap=True, overflow="ellipsis"))


def sentence(progress: Progress, rate: float | None, pages_left: int | None) -> str:
    """How the whole crawl goes, in one line."""
    parts = [f"{progress.done:,} of {counted(progress.wanted, 'picture')}"]
    parts += [f"{progress.known:,} already in the archive"] * bool(progress.known)
    parts += [f"{progress.failed:,} failed"] * bool(progress.failed)
    if rate is not None:
        parts.append(f"{rate:,.1f}/s" if rate >= 1 else f"{rate * 60:,.1f}/min")
    if pages_left is not None:
        parts.append(f"{counted(pages_left, 'page')} may be asked for now")
    if rate is not None and progress.wanted > progress.done:
        left = duration((progress.wanted - progress.done) / rate)
        parts.append(f"{left} left" + " for these" * bool(progress.unread))
    if progress.unread:
        parts.append(f"{counted(progress.unread, 'folder')} still to be counted")
    return " · ".join(parts)
