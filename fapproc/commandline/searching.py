"""What `dedup` does, also after a crawl: search for duplicates and print what was found."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fapproc.commandline.noting import noting
from fapproc.commandline.objects import show_object
from fapproc.commandline.progress import DrawSteps, steps
from fapproc.errors import ArchiveHeld
from fapproc.voice import answer, tell
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.dedup.models import Model
    from fapproc.jobs.afar import Afar
    from fapproc.jobs.duplicates import DuplicatesReport

RULE = "hybrid"
NEXT = "Next: 'fapproc run' shows the pictures."
"""After pictures were brought, processed and compared briefly."""


def dedup_archive(
    archive: "Archive",
    *,
    rule: str = RULE,
    briefly: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
    quiet: bool,
    draw: DrawSteps = steps,
    cluster: "Afar | None" = None,
) -> None:
    """Find near-duplicates and say how many there are, and how many are new.

    `briefly`: leave most second looks to `fapproc dedup`; `quiet`: show no progress; `draw` shows
    the steps; `cluster` compares vectors and looks twice instead of this computer.

    Raises:
        UsageProblem: no such rule, or a network that can't be used.
        ArchiveHeld: another search is under way.
    """
    from fapproc.jobs.duplicates import find_duplicates
    from fapproc.jobs.portions import BRIEF, THOROUGH

    amount = BRIEF if briefly else THOROUGH
    model, say = search_model(), noting(archive, "dedup")
    with draw(quiet=quiet) as show:
        report = find_duplicates(
            archive,
            rule=rule,
            model=model,
            amount=amount,
            dry_run=dry_run,
            executor=cluster.calling if cluster else None,
            tell=show,
        )
    if as_json:
        show_object(_report_object(report))
        return
    _tell_found(report, answer if dry_run else say, dry_run=dry_run)
    if report.unseen or dry_run:
        return
    if not briefly:
        _tell_rest(report, quiet=quiet)
    elif report.left:
        answer(
            f"{counted(report.left, 'picture waits', 'pictures wait')} for a closer search: "
            "'fapproc dedup' makes it."
        )


def _tell_found(report: "DuplicatesReport", say: Callable[[str], None], *, dry_run: bool) -> None:
    """Say what there is now; what has changed by `say`, which may note it, too."""
    would = "Nothing was changed. There would be " if dry_run else ""
    told = say if report.new_pairs or report.withdrawn_pairs else answer
    told(
        f"{would}{counted(report.images, 'image')} in {counted(report.groups, 'group')} of "
        f"possible duplicates, {counted(report.need_action, 'needs', 'need')} a verdict; "
        f"{counted(report.new_images, 'image was', 'images were')} in no group before."
    )
    if report.new_pairs or report.withdrawn_pairs:
        answer(
            f"{counted(report.new_pairs, 'pair')} found, "
            f"{counted(report.withdrawn_pairs, 'pair')} withdrawn."
        )
    if report.reweighed:
        answer(
            f"{counted(report.reweighed, 'group has', 'groups have')} lost pairs: only one method "
            "called them near, and a second look says that they are different pictures. Your "
            "verdicts stay."
        )
    if report.unseen:
        answer(
            f"{counted(report.unseen, 'pair')} could not be compared, because thumbnails are "
            "missing or damaged. Run 'fapproc process', then 'fapproc dedup'."
        )


def search_briefly(archive: "Archive", *, quiet: bool) -> None:
    """Compare what has come; where another program compares already, say what is left to do.

    Raises:
        UsageProblem: as `dedup_archive`.
    """
    try:
        dedup_archive(archive, briefly=True, quiet=quiet)
    except ArchiveHeld as held:
        tell(f"New pictures were not compared: {held.why} Run 'fapproc dedup' when it has ended.")


def _tell_rest(report: "DuplicatesReport", *, quiet: bool) -> None:
    """Say what a search has left to the next, and else what comes next."""
    left = []
    if report.unfinished:
        left.append(
            f"{counted(report.unfinished, 'picture has', 'pictures have')} more candidates, less "
            "alike than those looked at so far."
        )
    if report.nearest_left:
        left.append(
            f"{counted(report.nearest_left, 'picture has', 'pictures have')} not been compared "
            "closely with the most similar ones yet, which finds hard crops and copies under large "
            "words."
        )
    if left:
        answer(" ".join((*left, "Go on with 'fapproc dedup'.")))
        return
    answer("Every processed picture has been compared; nothing waits for another search.")
    if report.need_action and not quiet:
        tell(
            "Next: 'fapproc run' shows the groups, or 'fapproc verdict list --waiting' lists them; "
            "your verdict decides which images you keep."
        )


def search_model() -> "Model":
    """The network of the settings, as a search takes it.

    Raises:
        UsageProblem: it can't be used.
    """
    from fapproc import config
    from fapproc.dedup.models import for_search

    return for_search(config.load().network)


def _report_object(report: "DuplicatesReport") -> dict[str, object]:
    return {
        "images": report.images,
        "groups": report.groups,
        "need_action": report.need_action,
        "new_pairs": report.new_pairs,
        "withdrawn_pairs": report.withdrawn_pairs,
        "new_images": list(report.new_digests),
        "unseen_pairs": report.unseen,
        "unfinished_images": report.unfinished,
        "nearest_left": report.nearest_left,
        "reweighed_groups": report.reweighed,
    }
