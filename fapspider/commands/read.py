"""`fapproc read`: a user's favorites into the archive, processed and compared."""

from pathlib import Path

import click

from fapproc.commandline.options import output_archive_option, quiet_option, verbose_option
from fapproc.errors import DONE_WITH_FAILURES
from fapproc.voice import answer, tell
from fapspider.commands.whose import as_arguments, dry_run_option, folder_options, user_options


@click.command()
@user_options
@folder_options
@output_archive_option
@click.option("--force/--no-force", default=False, help="Read again what rests; retry failures.")
@click.option(
    "--save-pages",
    metavar="DIR",
    help="Keep pages without a full-size address, for a report; not with a sealed archive.",
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

    All folders of pictures, or one. Makes the archive if there is none. Stop it with Ctrl-C
    whenever you like and run it again: it goes on where it was. What was read in full rests for 72
    hours. A dry run reads the folders' pages, which the next run needs not do again.
    """
    from fapproc.archive import prepare
    from fapspider.arguments import as_option, read_order
    from fapspider.commands.finishing import finish
    from fapspider.running import run_crawl
    from fapspider.spiders.favorites import FavoritesSpider

    arguments = as_arguments(whose, force=force, dry_run=dry_run)
    read_order(arguments, written=as_option)
    asked_for = prepare(folder)
    ended = run_crawl(FavoritesSpider, arguments, prepared=asked_for, quiet=quiet, verbose=verbose)
    if dry_run:
        if ended.spider.summary is not None:
            answer(ended.spider.summary)
        ctx.exit(ended.exit_code)
    code = finish(ended, quiet=quiet)
    if code == DONE_WITH_FAILURES and ended.spider.sink.report.failed and not quiet:
        tell("'fapproc failures' lists what failed; --retry tries it again.")
    ctx.exit(code)
