"""What follows a crawl into an archive: its summary, what is missing of processing, duplicates."""

from fapproc.archive import Archive
from fapproc.commandline.noting import noting
from fapproc.commandline.processing import process_archive
from fapproc.commandline.searching import dedup_archive
from fapproc.errors import DONE_WITH_FAILURES, ArchiveHeld, SiteAsksToStop
from fapproc.voice import answer, tell
from fapspider.running import Outcome, S


def finish(ended: Outcome[S], *, quiet: bool) -> int:
    """Say what the crawl did, process what is missing and find duplicates; the exit code.

    Also when pictures failed or the site asked to stop. After Ctrl-C, or when the crawl could not
    be done, that is left to the next run.

    Raises:
        Damaged: files of the archive can't be used.
    """
    if (told := ended.spider.summary) is not None:
        answer(told)
    goes_on = ended.problem is None or isinstance(ended.problem, SiteAsksToStop)
    if ended.interrupted or not goes_on or ended.archive is None:
        return ended.exit_code
    with Archive.open_unlocked(ended.archive) as archive:
        if told is not None:
            noting(archive, ended.spider.name)(told, aloud=False)
        failed = process_archive(archive, quiet=quiet)
        try:
            dedup_archive(archive, quiet=quiet)
        except ArchiveHeld as held:  # what was fetched is there, and the next search compares it
            tell(f"{held.why} Run 'fapproc dedup' when it has finished.")
    return ended.exit_code or (DONE_WITH_FAILURES if failed else 0)
