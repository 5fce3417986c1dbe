"""What a crawl counts, and how it is reported: a line for each album, and a summary."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fapproc.jobs.ingest import IngestReport, Picture
from fapproc.model import REST_SECONDS, Album
from fapproc.names import quoted
from fapproc.wording import counted, duration, moment, size
from fapspider.crawl.sink import Item
from fapspider.politeness.budget import Windows


@dataclass(slots=True)
class AlbumTally:
    """How many images of one album were asked for, and what became of them."""

    album: Album
    listed: int | None = None
    """How many images its pages listed; None if they rest and only what waits is fetched."""
    pages: int = 0
    is_whole: bool = True
    """Whether these are all its pages, not only the last."""
    wanted: int = 0
    fetched: int = 0
    bytes: int = 0
    failed: int = 0
    odd: int = 0
    """How many had a page that led to something else, and are left for the next crawl."""
    is_read: bool = False
    """Whether nothing more of it will be asked for: its pages were read to the end, or rest."""

    @property
    def known(self) -> int:
        """How many of its images needed no request."""
        return max(0, (self.listed or 0) - self.wanted)

    @property
    def is_done(self) -> bool:
        """Whether all that was asked for has come, or has failed."""
        return self.is_read and self.fetched + self.failed + self.odd >= self.wanted

    def __str__(self) -> str:
        got = f"{self.fetched:,} fetched ({size(self.bytes)})"
        parts = [got, f"{self.failed:,} failed"]
        if self.listed is not None:
            where = f"in {counted(self.pages, 'page')}" if self.is_whole else "on its last pages"
            held = f"{counted(self.listed, 'image')} {where}"
            known = f"{self.known:,} already in the archive"
            parts = [f"{held}; {got}", known, f"{self.failed:,} failed"]
        parts += [f"{self.odd:,} with an odd page"] * bool(self.odd)
        return f"Album {quoted(self.album.name)} ({self.album.id}): {', '.join(parts)}."


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a crawl is: pictures of the present album, and of all pages read so far."""

    album: str
    album_done: int
    album_wanted: int
    done: int
    wanted: int
    known: int
    failed: int
    bytes: int
    unread: int = 0
    """Folders whose pages were not all read: how many pictures are in them is not known yet."""


@dataclass(slots=True)
class Tally:
    """What this crawl counts, for its lines and its summary."""

    albums: int = 0
    resting: int = 0
    galleries: int = 0
    unread: list[str] = field(default_factory=list)
    wanted: int = 0
    done: int = 0
    known: int = 0
    failed: int = 0
    bytes: int = 0
    odd: int = 0
    _by_album: dict[int, AlbumTally] = field(default_factory=dict)
    _by_image: dict[int, AlbumTally] = field(default_factory=dict)
    _in_hand: AlbumTally | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing was read and nothing asked for, so that there is nothing to report."""
        return not (self.albums or self.wanted or self.unread)

    def ask(self, album: Album, images: Sequence[int]) -> None:
        """Count images that are asked for because of this album."""
        entry = self._entry(album)
        entry.wanted += len(images)
        self.wanted += len(images)
        self._by_image.update(dict.fromkeys(images, entry))
        self._in_hand = self._in_hand or entry

    def read(
        self, album: Album, listed: int | None = None, *, pages: int = 0, is_whole: bool = True
    ) -> AlbumTally | None:
        """Note that no more of an album will be asked for; return it if it is done with that."""
        entry = self._entry(album)
        entry.listed, entry.pages, entry.is_read, entry.is_whole = listed, pages, True, is_whole
        self.known += entry.known
        return self._closed(entry)

    def settle(self, got: Item, *, is_left: bool = False) -> AlbumTally | None:
        """Count an image that came or failed; return its album if it was the last one of it.

        Args:
            got: what came, or why nothing did.
            is_left: its page was odd, and the next crawl asks for it again: it has not failed.
        """
        entry = self._by_image.pop(got.image, None)
        if entry is None:
            return None
        self._in_hand = entry
        self.done += 1
        if is_left:
            entry.odd, self.odd = entry.odd + 1, self.odd + 1
        elif isinstance(got, Picture):
            length = len(got.data)
            entry.fetched, entry.bytes = entry.fetched + 1, entry.bytes + length
            self.bytes += length
        else:
            entry.failed, self.failed = entry.failed + 1, self.failed + 1
        return self._closed(entry)

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is; None before the first picture was asked for."""
        hand = self._in_hand
        if hand is None:
            return None
        return Progress(
            hand.album.name,
            hand.fetched + hand.failed + hand.odd,
            hand.wanted,
            self.done,
            self.wanted,
            self.known,
            self.failed,
            self.bytes,
        )

    def _entry(self, album: Album) -> AlbumTally:
        return self._by_album.setdefault(album.id, AlbumTally(album))

    def _closed(self, entry: AlbumTally) -> AlbumTally | None:
        if not entry.is_done:
            return None
        del self._by_album[entry.album.id]
        self.albums += 1
        return entry


def nothing_to_do(user: str, chosen: Sequence[Album], *, again: str) -> str:
    """Why a crawl of these folders sends no request; `again` names the option that makes it."""
    oldest = min((album.fetched_at for album in chosen if album.fetched_at), default=0)
    if not oldest:
        return f"{user} has no picture folders."
    return (
        f"What you asked for of {user} was read on {moment(oldest)} and is not asked for again "
        f"before {moment(oldest + REST_SECONDS)}: no request is sent. {again} reads it again."
    )


def summary(user: str, tally: Tally, report: IngestReport) -> str:
    """What was done, in one line."""
    folders = [f"{counted(tally.albums, 'album')} read"]
    folders += [f"{tally.resting:,} resting"] * bool(tally.resting)
    folders += [f"{counted(tally.galleries, 'folder')} of galleries skipped"] * bool(
        tally.galleries
    )
    folders += [f"{len(tally.unread):,} left for the next crawl"] * bool(tally.unread)
    return (
        f"{user}: {', '.join(folders)}; {counted(report.new, 'new picture')} "
        f"({size(report.bytes)}), {report.known:,} identical to one in the archive, "
        f"{tally.known:,} already in the archive, {report.failed:,} failed."
    )


def forecast(pictures: int, *, sent: int, delay: float, windows: Windows) -> str:
    """What a crawl would fetch, and about how long that takes.

    Args:
        pictures: how many are to be fetched; each takes a file, and a page if no other page gives
            its address.
        sent: how many requests were sent to find that out.
        delay: seconds between two pages.
        windows: what the pages have to fit into.
    """
    used = (
        f"{counted(sent, 'request') if sent else 'no request'} {'were' if sent > 1 else 'was'} sent"
    )
    used += " to find that out"
    if not pictures:
        return f"Nothing is to be fetched; {used}."
    return (
        f"{counted(pictures, 'picture')} would be fetched, with {2 * pictures:,} requests at "
        f"most, in {about(windows.seconds(pictures, delay))}; {used}."
    )


def about(seconds: float) -> str:
    """A span of time that nobody knows exactly."""
    return f"about {duration(seconds)}" if seconds >= 1 else "a moment"


def last_words(user: str, tally: Tally, report: IngestReport) -> list[str]:
    """What was done, and what to do next."""
    after = "Next: 'fapproc process', then 'fapproc dedup' and 'fapproc run'."
    return [summary(user, tally, report), *[after] * bool(report.new)]
