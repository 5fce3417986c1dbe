"""`fapproc import-legacy`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.noting import noting
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option, quiet_option
from fapproc.commandline.progress import progress
from fapproc.errors import DONE_WITH_FAILURES, UsageProblem
from fapproc.real_paths import real
from fapproc.voice import answer, tell
from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.jobs.import_legacy import LegacyReport
    from fapproc.legacy.records import OldDatabase


@click.command("import-legacy")
@click.argument("source", metavar="DIR", shell_complete=completing.folders)
@archive_option
@click.option("--dry-run", is_flag=True, help="Read and verify everything; write nothing.")
@json_option
@quiet_option
@click.pass_context
def import_legacy(
    ctx: click.Context, source: str, folder: Path, dry_run: bool, as_json: bool, quiet: bool
) -> None:
    """Import an archive of fapfavorites 2.0; the old archive is not changed.

    \b
    fapproc import-legacy ~/Downloads/imagefap -d ~/Pictures/archive

    DIR is the folder with imagefap.database and blobs. Users, albums, tags, verdicts and everything
    else in it are added to a new archive or an existing one. If interrupted, run it again to go
    on. If the old archive is encrypted, you are asked for its password, or it comes from
    FAP_LEGACY_PASSWORD_FILE, FAP_LEGACY_PASSWORD_COMMAND or FAP_LEGACY_PASSWORD. The exit code is
    3 if pictures are missing or damaged.
    """
    from fapproc import password
    from fapproc.archive import Archive
    from fapproc.description import read
    from fapproc.jobs import import_legacy as job
    from fapproc.legacy.folder import OldFolder
    from fapproc.unlocking import create_if_needed, prepare

    if not source:
        raise UsageProblem("Name the folder of the old archive.")
    root = config.expanded(source)
    _refuse_within(folder, root)
    old = OldFolder.open(
        root,
        lambda: password.ask(
            "Password of the old archive",
            prefix="FAP_LEGACY_PASSWORD",
            sealed=f"The database in {root} is encrypted",
        ),
    )
    database = old.read()
    total = len(database.images)
    if dry_run and read(folder) is None:
        with progress("Reading", total, quiet=quiet) as done:
            report = job.preview(None, old, database, done=done)
    elif dry_run:
        with Archive.open(folder) as archive, progress("Reading", total, quiet=quiet) as done:
            report = job.preview(archive, old, database, done=done)
    else:
        prepared = prepare(folder)
        with (
            Archive.open_unlocked(create_if_needed(prepared)) as archive,
            progress("Bringing over", total, quiet=quiet) as done,
        ):
            say = noting(archive, "import-legacy")
            report = job.import_legacy(archive, old, database, done=done)
            say(_brought(report), aloud=False)
    if as_json:
        show_object({"dry_run": dry_run, **_figures(database), **_object(report)})
    else:
        _show(report, _figures(database), dry_run=dry_run, quiet=quiet)
    if report.lost:
        ctx.exit(DONE_WITH_FAILURES)


def _refuse_within(folder: Path, root: Path) -> None:
    """The old folder is left as it is, so no archive is made in it."""
    inner, outer = real(folder), real(root)
    if inner.is_relative_to(outer):
        raise UsageProblem(
            f"The old archive in {root} is left as it is, so the new one can't be in {folder}. "
            "Name another folder with -d."
        )


def _figures(database: "OldDatabase") -> dict[str, int]:
    """What the old database holds."""
    images = database.images
    return {
        "users": len(database.users),
        "albums": len(database.albums),
        "images": len(images),
        "sightings": sum(len(image.places) for image in images),
        "failed": len({each.image for album in database.albums for each in album.failures}),
        "gone": sum(bool(image.gone) for image in images),
        "tags": len(database.tags),
        "tagged": sum(bool(image.tags) for image in images),
        "groups": len(database.groups),
        "vectors": sum(bool(image.vector) for image in images),
    }


def _object(report: "LegacyReport") -> dict[str, object]:
    return {
        "new": report.new,
        "known": report.known,
        "bytes": report.bytes,
        "lost": report.lost,
        "left": report.left,
        "was_done": report.was_done,
    }


def _show(report: "LegacyReport", held: dict[str, int], *, dry_run: bool, quiet: bool) -> None:
    for sentence in report.left:
        tell(f"Not imported as it was: {sentence}")
    for sentence in report.lost:
        tell(f"Error: {sentence}")
    answer(
        f"The old archive holds {counted(held['users'], 'user')}, "
        f"{counted(held['albums'], 'album')}, {counted(held['images'], 'image')} at "
        f"{counted(held['sightings'], 'place')} ({held['gone']:,} gone from the site), "
        f"{counted(held['failed'], 'failure')}, {counted(held['tags'], 'tag')} on "
        f"{counted(held['tagged'], 'image')}, {counted(held['groups'], 'group')} of duplicates."
    )
    begin = "Nothing was written. There would be " if dry_run else ""
    answer(f"{begin}{_brought(report)}")
    if report.was_done:
        answer("Everything else was imported before.")
    elif not dry_run and not quiet:
        tell("Next: 'fapproc process', then 'fapproc dedup' and 'fapproc run'.")


def _brought(report: "LegacyReport") -> str:
    lost = f", {len(report.lost):,} missing or damaged" if report.lost else ""
    new = f"{counted(report.new, 'new image')} ({size(report.bytes)})"
    return f"{new}, {report.known:,} already in the archive{lost}."
