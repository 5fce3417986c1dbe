"""`fapproc read`: a user's favorites into the archive, processed and compared."""

from pathlib import Path

import click

from fapproc.cli.options import output_archive_option, quiet_option, verbose_option
from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, SiteAsksToStop
from fapspider.commands.whose import as_arguments, folder_options, user_options


@click.command()
@user_options
@folder_options
@output_archive_option
@click.option("--force/--no-force", default=False, help="Read again what rests; retry failures.")
@quiet_option
@verbose_option
@click.pass_context
def read(
    ctx: click.Context,
    /,
    folder: Path,
    force: bool,
    quiet: bool,
    verbose: bool,
    **whose: str | None,
) -> None:
    """Archive a user's favorites: fetch, process, find duplicates.

    All folders of pictures, or one. Makes the archive if there is none. Stop it with Ctrl-C
    whenever you like and run it again: it goes on where it was. What was read in full rests for 72
    hours.
    """
    from fapproc.archive import Archive, made, prepare
    from fapproc.cli.dedup import dedup_archive
    from fapproc.cli.process import process_archive
    from fapspider.arguments import read_order
    from fapspider.running import run_crawl
    from fapspider.spiders.favorites import FavoritesSpider

    arguments = as_arguments(whose, force=force)
    read_order(arguments)
    unlocked = made(prepare(folder))
    ended = run_crawl(FavoritesSpider, arguments, prepared=unlocked, quiet=quiet, verbose=verbose)
    if (told := ended.spider.summary) is not None:
        click.echo(told)
    goes_on = ended.problem is None or isinstance(ended.problem, SiteAsksToStop)
    if ended.exit_code == INTERRUPTED or not goes_on:
        ctx.exit(ended.exit_code)
    with Archive.open_unlocked(unlocked) as archive:
        failed = process_archive(archive, quiet=quiet)
        dedup_archive(archive)
    ctx.exit(ended.exit_code or (DONE_WITH_FAILURES if failed else 0))
