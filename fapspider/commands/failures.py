"""`fapproc failures`: what could not be fetched, and why; and to try it again."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.objects import failure_object, show_object
from fapproc.commandline.options import (
    archive_option,
    json_option,
    quiet_option,
    read_only_option,
    verbose_option,
)
from fapproc.errors import DONE_WITH_FAILURES, SiteAsksToStop, UsageProblem
from fapproc.names import quoted
from fapproc.voice import row, tell
from fapproc.wording import counted, moment
from fapspider.commands.whose import as_arguments, asked_source, user_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fapproc.jobs.failures import Missing
    from fapproc.sources import Source
    from fapproc.unlocking import Unlocked


@click.command()
@user_options
@click.option("--retry", is_flag=True, help="Fetch these again, and nothing else.")
@click.option(
    "--accept",
    is_flag=True,
    help="With --retry: accept the file that the site sends as the picture.",
)
@archive_option
@read_only_option
@json_option
@quiet_option
@verbose_option
@click.pass_context
def failures(
    ctx: click.Context,
    /,
    retry: bool,
    accept: bool,
    folder: Path,
    read_only: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **whose: str | None,
) -> None:
    """List pictures that could not be fetched or imported, or are unsound, and why.

    \b
    fapproc failures
    fapproc failures -u NAME --retry

    Lists those of all users, or of one. --retry asks the site for these pictures again, processes
    what it gets, and lists what is still missing (exit code 3). Unsound pictures are kept, and
    replaced if a retry gets other bytes. --accept takes a file as the picture even if its address
    led to another file, or the same file came for many pictures.
    """
    from fapproc.archive import Archive
    from fapproc.jobs.failures import listed, to_retry
    from fapproc.looking import open_to_read
    from fapproc.unlocking import unlock
    from fapspider.arguments import as_option, read_user

    if accept and not retry:
        raise UsageProblem("--accept only works with --retry: give both.")
    if retry and read_only:
        raise UsageProblem("--retry fetches into the archive: give it without --read-only.")
    arguments = as_arguments(whose)
    user, user_id = read_user(arguments, as_option)
    of = asked_source()
    code = 0
    if retry:
        unlocked = unlock(folder)
        # What is listed after it is the data; with --json nothing else may be among it.
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            code = _retry(
                unlocked, as_arguments(whose, accept=accept), quiet=quiet, verbose=verbose
            )
        if code not in {0, DONE_WITH_FAILURES, SiteAsksToStop.exit_code}:
            ctx.exit(code)
        opening = Archive.open_unlocked(unlocked)
    else:
        opening = open_to_read(folder, only=read_only)
    with opening as archive:
        found = listed(archive, of, user=user, user_id=user_id)
    if retry and not code and to_retry(found, of):  # the site sent the same bytes, not whole, again
        code = DONE_WITH_FAILURES
    for each in found:
        if as_json:
            show_object(as_object(each))
        else:
            row(as_line(each))
    if not as_json and not quiet:
        tell(_last_words(found, of, retried=retry))
    ctx.exit(code)


def as_object(each: "Missing") -> dict[str, object]:
    """A failure as JSON has it: the fields of `print --json`, with the ids of user and album."""
    failure = each.failure
    return {
        "kind": "failure",
        "user": failure.place.user.number,
        "album": failure.place.album,
        **failure_object(failure),
        "source": failure.place.user.source,
        "kept": failure.kept,
    }


def as_line(each: "Missing") -> str:
    """Return a failure as a line for a person."""
    failure = each.failure
    name = f" {quoted(failure.name)}" if failure.name else ""
    url = f" {failure.url}" if failure.url else ""
    return (
        f"{each.user} / {quoted(each.album)}: {failure.place.image}{name}: {failure.reason} "
        f"{failure.detail}, {moment(failure.at)}{url}{', kept as it is' if failure.kept else ''}"
    )


def _last_words(found: "Sequence[Missing]", of: "Source", *, retried: bool) -> str:
    from fapproc.jobs.failures import to_retry

    kept = sum(each.failure.kept for each in found)
    lacking = [each.failure.place.user.source for each in found if not each.failure.kept]
    fetched = sum(one.is_online for one in lacking)
    brought = len(lacking) - fetched
    parts = [f"{counted(fetched, 'image')} could not be fetched"] * bool(fetched)
    parts += [f"{counted(brought, 'file')} could not be imported"] * bool(brought)
    parts += [f"{counted(kept, 'image')} kept but unsound"] * bool(kept)
    if not parts:
        return "Nothing has failed."
    said = f"{', '.join(parts)}."
    if brought and not retried:
        said += " Put better files in their places, and import the folder again."
    online = len(to_retry(found, of))
    if retried or not online:  # what was imported is on no site
        return said
    which = f"{online:,} of them" if online < len(found) else "it" if online == 1 else "them"
    return f"{said} --retry asks the site for {which} again."


def _retry(unlocked: "Unlocked", arguments: dict[str, str], *, quiet: bool, verbose: bool) -> int:
    from fapspider.commands.finishing import finish
    from fapspider.running import run_crawl
    from fapspider.spiders.retry import RetrySpider

    ended = run_crawl(RetrySpider, arguments, prepared=unlocked, quiet=quiet, verbose=verbose)
    return finish([ended], quiet=quiet).code
