"""What a crawl met, and how it is told at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fapproc.jobs.ingest import Report
from fapproc.model import REST_SECONDS, Album
from fapproc.wording import counted, moment, size


@dataclass(slots=True)
class Tally:
    """What this crawl met, for its last words."""

    albums: int = 0
    resting: int = 0
    galleries: int = 0
    unread: list[str] = field(default_factory=list)
    wanted: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing was read and nothing asked for: there is nothing to tell."""
        return not (self.albums or self.wanted or self.unread)


def nothing_to_do(user: str, chosen: Sequence[Album]) -> str:
    """Why a crawl of these folders sends no request."""
    oldest = min((album.fetched_at for album in chosen if album.fetched_at), default=0)
    if not oldest:
        return f"{user} has no picture folders; no request is needed."
    return (
        f"Everything of {user} that was asked for was read on {moment(oldest)} and rests until "
        f"{moment(oldest + REST_SECONDS)}: no request is sent. -a force=1 reads it again."
    )


def last_words(user: str, tally: Tally, report: Report) -> list[str]:
    """What was done, and what to do next."""
    folders = [f"{counted(tally.albums, 'album')} read"]
    folders += [f"{tally.resting} resting"] * bool(tally.resting)
    folders += [f"{counted(tally.galleries, 'galleries folder')} skipped"] * bool(tally.galleries)
    folders += [f"{len(tally.unread)} left for the next crawl"] * bool(tally.unread)
    done = (
        f"{user}: {', '.join(folders)}; {counted(report.new, 'new picture')} "
        f"({size(report.bytes)}), {report.known} known by content, {report.failed} failed."
    )
    after = "Next: 'fapproc process', then 'fapproc dedup' and 'flask run'."
    return [done, after] if report.new else [done]
