"""`fapproc read`: a user's favorites into the archive, processed and compared."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.options import output_archive_option, quiet_option, verbose_option
from fapproc.commandline.searching import NEXT
from fapproc.errors import DONE_WITH_FAILURES, SiteAsksToStop, UsageProblem
from fapproc.names import quoted
from fapproc.voice import answer, tell
from fapproc.wording import counted
from fapspider.commands.whose import (
    as_arguments,
    asked_source,
    dry_run_option,
    folder_options,
    user_options,
)

if TYPE_CHECKING:
    from fapproc.unlocking import Unlocked


@click.command()
@user_options
@folder_options
@output_archive_option
@click.option(
    "--force/--no-force",
    default=False,
    help="Read again what was read in the last 72 hours; retry failures.",
)
@click.option(
    "--save-pages",
    metavar="DIR",
    help="Save pages that have no full-size address, to report them; not with a sealed archive.",
)
@dry_run_option
@quiet_option
@verbose_option
@click.pass_context
def read(
    ctx: click.Context,
    /,
    folder: Path,
    force: bool,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    **whose: str | None,
) -> None:
    """Archive a user's favorites: fetch, process, find duplicates.

    \b
    fapproc read -u NAME
    fapproc read -u NAME --folder "my pics"
    fapproc read -i 1234567 --dry-run
    fapproc read

    Reads all folders of pictures, or the one that you choose; without a user, those of all users
    in the archive. What was read to its end in the last 72 hours is left out, unless you give
    --force. Makes the archive if there is none. Stop it with Ctrl-C whenever you like and run it
    again: it goes on where it was. A dry run reads the folders' pages, which the next run won't
    read again, and makes no archive.
    """
    from fapproc.unlocking import NewArchive, Unlocked, prepare, unlock
    from fapspider.arguments import as_option, read_order
    from fapspider.commands.finishing import finish, worst
    from fapspider.running import run_crawls
    from fapspider.spiders.favorites import FavoritesSpider

    arguments = as_arguments(whose, force=force, dry_run=dry_run)
    prepared: Unlocked | NewArchive
    if set(arguments) <= {"force", "dry_run", "save_pages"}:
        prepared = unlock(folder)
        orders = _refresh(prepared, arguments, force=force, quiet=quiet)
    else:
        read_order(arguments, written=as_option)
        prepared = prepare(folder, makes=not dry_run)
        orders = [("", arguments)]

    def begin(number: int) -> None:
        if len(orders) > 1 and not quiet:
            tell(f"{number + 1:,} of {len(orders):,}: {orders[number][0]}.")

    ended = run_crawls(
        FavoritesSpider,
        [each for _, each in orders],
        prepared=prepared,
        quiet=quiet,
        verbose=verbose,
        begin=begin,
    )
    if dry_run:
        for (name, _), each in zip(orders, ended, strict=False):
            if each.spider.summary is not None:
                answer(f"{name}: {each.spider.summary}" if len(orders) > 1 else each.spider.summary)
        ctx.exit(worst(ended))
    there = prepared if isinstance(prepared, Unlocked) else None
    code, unsound = finish(ended, quiet=quiet, unlocked=there)
    if not quiet:
        failed = bool(unsound) or any(each.spider.sink.report.failed for each in ended)
        for hint in _hints(code, failed=failed):
            tell(hint)
    ctx.exit(code)


def _hints(code: int, *, failed: bool) -> Iterator[str]:
    """The next steps, by the exit code."""
    if code == DONE_WITH_FAILURES and failed:
        yield "'fapproc failures' lists what failed; --retry tries it again."
    if code in {0, DONE_WITH_FAILURES, SiteAsksToStop.exit_code}:
        yield NEXT


def _refresh(
    unlocked: "Unlocked", switches: dict[str, str], *, force: bool, quiet: bool
) -> list[tuple[str, dict[str, str]]]:
    """What is asked of each spider where nobody is named, each after what it is about."""
    from fapproc.archive import Archive
    from fapproc.jobs.refresh import plan

    with Archive.open_unlocked(unlocked) as archive:
        found = plan(archive, asked_source(), at=int(time.time()), force=force)
    if not found.users:
        raise UsageProblem(
            "The archive has no users of the site yet. Say whose favorites: --user NAME."
        )
    if not quiet:
        for user in found.in_part:
            tell(
                f"{user.name} was never read whole, so only the albums that were begun are read. "
                f"'fapproc read -i {user.id.number}' reads all of them."
            )
        if not found.due:
            tell(
                f"What you have of {counted(len(found.users), 'known user')} was read in the last "
                "72 hours: no request is sent. --force reads all again."
            )
    orders = []
    for each in found.due:
        whose = {"user_id": str(each.user.id.number)}
        name = each.user.name
        if each.album is not None:
            whose["folder_id"], name = str(each.album.id), f"{name}, {quoted(each.album.name)}"
        orders.append((name, whose | switches))
    return orders
