"""What follows crawls into an archive: summaries, processing, a search for duplicates."""

from collections.abc import Sequence
from typing import NamedTuple

from fapproc.archive import Archive
from fapproc.commandline.noting import noting
from fapproc.commandline.processing import process_archive
from fapproc.commandline.searching import search_briefly
from fapproc.errors import (
    DONE_WITH_FAILURES,
    INTERRUPTED,
    ArchiveHeld,
    Damaged,
    FapError,
    NoArchive,
    NotOnSite,
    PasswordProblem,
    SiteAsksToStop,
    UsageProblem,
)
from fapproc.unlocking import Unlocked
from fapproc.voice import answer
from fapspider.running import Outcome, S

_KINDS = (SiteAsksToStop, Damaged, PasswordProblem, ArchiveHeld, NoArchive, UsageProblem, FapError)
_WORST = (INTERRUPTED, *(kind.exit_code for kind in _KINDS), DONE_WITH_FAILURES, 0)
"""Exit codes, the one first that counts if crawls ended with several."""


class Finished(NamedTuple):
    """The exit code, and how many images are unsound now."""

    code: int
    failed: int


def finish(
    ended: Sequence[Outcome[S]], *, quiet: bool, unlocked: Unlocked | None = None
) -> Finished:
    """Say what the crawls did, process what is missing and find duplicates.

    Also when pictures failed or the site asked to stop. After Ctrl-C, or when a crawl could not
    be done, that is left to the next run; but not for a user who isn't there, among others.

    Args:
        ended: how each crawl ended.
        quiet: no progress, and no hints.
        unlocked: the archive, if it existed before; else it is that of the crawls.

    Raises:
        Damaged: files of the archive can't be used.
    """
    for each in ended:
        if each.spider.summary is not None:
            answer(each.spider.summary)
    code = worst(ended)
    made = (each.archive for each in ended if each.archive is not None)
    unlocked = unlocked or next(made, None)
    if unlocked is None or not _goes_on(ended):
        return Finished(code, failed=0)
    with Archive.open_unlocked(unlocked) as archive:
        for each in ended:
            if (told := each.spider.summary) is not None:
                noting(archive, each.spider.name)(told, aloud=False)
        failed = process_archive(archive, quiet=quiet)
        search_briefly(archive, quiet=quiet)
    return Finished(code or (DONE_WITH_FAILURES if failed else 0), failed)


def worst(ended: Sequence[Outcome[S]]) -> int:
    """The exit code of a command that does nothing but these crawls."""
    codes = {each.exit_code for each in ended}
    return next((code for code in _WORST if code in codes), 0)


def _goes_on(ended: Sequence[Outcome[S]]) -> bool:
    """Whether the crawl may have brought something to be processed now."""
    if any(each.interrupted for each in ended):
        return False
    problems = [each.problem for each in ended]
    is_done = [each is None or isinstance(each, SiteAsksToStop) for each in problems]
    others = [isinstance(each, NotOnSite | ArchiveHeld) for each in problems]
    return not ended or (any(is_done) and all(map(max, is_done, others)))
