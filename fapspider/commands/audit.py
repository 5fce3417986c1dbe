"""`fapproc audit`: which images of a user are still on the site."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc import config
from fapproc.commandline.findings import line
from fapproc.commandline.noting import noting
from fapproc.commandline.options import output_archive_option, quiet_option, verbose_option
from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, Damaged
from fapproc.voice import answer
from fapproc.wording import counted
from fapspider.commands.whose import as_arguments, asked_source, user_options

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.audit import AuditReport, Reconciliation
    from fapproc.model import User


@click.command()
@user_options
@output_archive_option
@click.option(
    "--force/--no-force",
    default=False,
    help="Ask for every image, even if the last audit was less than ten days ago.",
)
@click.option(
    "--no-crawl", is_flag=True, help="Send no request; only record what an earlier audit saw."
)
@click.option(
    "--dry-run", is_flag=True, help="Show what would be asked for and recorded; do nothing."
)
@quiet_option
@verbose_option
@click.pass_context
def audit(
    ctx: click.Context,
    /,
    folder: Path,
    force: bool,
    no_crawl: bool,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    **whose: str | None,
) -> None:
    """Check which images of a user are still on the site, and record those that are gone.

    \b
    fapproc audit -u NAME
    fapproc audit -u NAME --dry-run

    First the archive itself is checked and repaired; lost images are fetched again. Nothing
    else is added, and nothing deleted. Stop it with Ctrl-C whenever you like; run it again to go
    on. A user whose images were all asked for is not audited again for ten days.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import audit as job
    from fapproc.unlocking import unlock
    from fapspider.arguments import AUDIT, as_option, read_order
    from fapspider.running import run_crawl
    from fapspider.spiders.audit import AuditSpider
    from fapspider.spiders.base import now

    arguments = as_arguments(whose, force=force)
    order = read_order(arguments, AUDIT, written=as_option)
    of = asked_source()
    unlocked = unlock(folder)
    with Archive.open_unlocked(unlocked) as archive:
        user = job.find_user(archive, user_id=order.user_id, name=order.user, source=of)
        damaged = _check(archive, acts=not dry_run)
        if dry_run:
            left = 0 if no_crawl else job.look_up(archive, user, force=force, at=now()).left
            answer(f"{counted(left, 'image')} of {user.name} to ask the site for{_takes(left)}.")
            _tell(job.plan(archive, user))
            if damaged:
                raise Damaged(
                    f"{counted(damaged, 'thing')} wrong with the archive, see above. Without "
                    "--dry-run it is repaired as far as can be; 'fapproc check' shows what to do."
                )
            return
    code = 0
    if not no_crawl:
        ended = run_crawl(AuditSpider, arguments, prepared=unlocked, quiet=quiet, verbose=verbose)
        code = ended.exit_code
        if code == INTERRUPTED:
            ctx.exit(code)  # what was seen is kept, and recorded by the next run
    with Archive.open_unlocked(unlocked) as archive:
        planned = job.plan(archive, user)
        say = noting(archive, "audit")
        report = job.reconcile(archive, user, planned, at=now())
        _tell(planned)
        say(_last_words(user, report))
    if code:
        ctx.exit(code)
    if damaged or report.lost:
        raise Damaged(_damage(damaged, report.lost))
    ctx.exit(DONE_WITH_FAILURES if report.left and not no_crawl else 0)


def _check(archive: "Archive", *, acts: bool) -> int:
    """Check and repair the archive; how much is wrong that neither this nor the site can mend.

    Where nothing is repaired, that is all that is wrong.
    """
    from fapproc.jobs.check import check
    from fapproc.jobs.findings import Problem, Repair
    from fapproc.jobs.repair import Step, repair

    def is_mended(step: Step) -> bool:
        finding = step.finding
        waits = finding.kind is Problem.LOST or finding.repair is Repair.FETCH  # for the site
        return waits or (step.done and finding.repair.heals)

    with archive.job("check"):
        found = check(archive).findings
        steps = repair(archive, found) if acts else [Step(entry, done=False) for entry in found]
    for step in steps:
        answer(line(step, acts=acts))
    return sum(not is_mended(step) for step in steps) if acts else len(steps)


def _takes(images: int) -> str:
    """How long it takes to ask for so many images: of each a page, and the length of its file."""
    from fapspider.crawl.tally import about
    from fapspider.politeness.budget import Windows

    settings = config.load()
    seconds = Windows.of(settings.site_budgets).seconds(images, settings.download_delay)
    return f", in {about(seconds)}" if images else ""


def _tell(planned: "Reconciliation") -> None:
    for gone in (*planned.noticed, *planned.changed):
        answer(f"Image {gone.image} is gone from the site: {gone.level} ({gone.url}).")
    for gone in planned.back:
        answer(f"Image {gone.image} is on the site again.")


def _last_words(user: "User", report: "AuditReport") -> str:
    asked = counted(report.checked, "image")
    gone = f"{report.gone:,} on record as gone from it"
    if not report.left:
        return f"Audit of {user.name} finished: the site was asked for {asked}; {gone}."
    return (
        f"Audit of {user.name} not finished: the site was asked for {asked} so far, "
        f"{report.left:,} left to ask for; {gone}. Run it again to go on."
    )


def _damage(damaged: int, lost: int) -> str:
    what = [f"{counted(damaged, 'thing')} wrong with the archive, see above"] * bool(damaged)
    what += [f"{counted(lost, 'image')} lost that could not be fetched again"] * bool(lost)
    return f"{' and '.join(what)}. 'fapproc check' shows what to do."
