"""`fapproc get`: one folder's pictures straight to disk; no archive."""

import click

from fapproc.commandline.options import quiet_option, verbose_option
from fapproc.voice import answer
from fapspider.commands.whose import as_arguments, dry_run_option, folder_options, user_options


@click.command()
@user_options
@folder_options
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="Folder to save to. [default: ~/Downloads/imagefap-get/USER/FOLDER]",
)
@click.option("--force/--no-force", default=False, help="Fetch again what is already there.")
@dry_run_option
@quiet_option
@verbose_option
@click.pass_context
def get(
    ctx: click.Context,
    /,
    output: str | None,
    force: bool,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    **whose: str | None,
) -> None:
    """Save the pictures of one folder to disk, under their own names.

    \b
    fapproc get -u NAME --folder "my pics"
    fapproc get -u NAME --folder 5678 -o ~/lakes

    No archive is made: names and pictures are saved unencrypted. Run it again to add what is new;
    files that are already there are kept. If another picture has the same name, the first digits
    of the digest are added to the name.
    """
    from fapspider.running import run_crawl
    from fapspider.spiders.get import GetSpider

    arguments = as_arguments({**whose, "output": output}, force=force, dry_run=dry_run)
    ended = run_crawl(GetSpider, arguments, quiet=quiet, verbose=verbose)
    if ended.spider.summary is not None:
        answer(ended.spider.summary)
    ctx.exit(ended.exit_code)
