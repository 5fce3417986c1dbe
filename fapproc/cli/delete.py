"""`fapproc delete`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.asking import agreed, dry_run_option, yes_option
from fapproc.commandline.noting import noting
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.errors import StorageError
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.deletion import Deleted, DeletionPlan
    from fapproc.selections.selection import Selection


@click.command()
@selection_options
@archive_option
@dry_run_option
@yes_option
@json_option
def delete(chosen: "Selection", folder: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete users, albums or images; an image that is also in another album stays.

    \b
    fapproc delete --user NAME --dry-run
    fapproc delete --album lakes
    fapproc delete 3f60c1 ca97d2 --yes

    --user alone deletes everything of that user, --album alone that album. With any other option,
    images are deleted: from the users and albums that you name, or else everywhere.
    """
    from fapproc.jobs import deletion, selection

    with opened(folder, selection.something(chosen)) as (archive, kept):
        planned = deletion.plan(archive, kept)
        if planned.takes_nothing:
            tell("No images match: there is nothing to delete.")
        elif dry_run:
            _show(archive, planned, as_json=as_json)
            tell(f"Nothing was deleted. This would delete {planned.summed}.")
        elif agreed(f"Delete {planned.summed}?", yes=yes):
            say = noting(archive, "delete")
            done = deletion.delete(archive, kept, planned)
            for sentence in dict.fromkeys(done.left):
                tell(f"Error: {sentence}")
            if as_json:
                show_object(_object(planned, done))
            else:
                answer(f"Deleted {planned.summed}.")
            say(done.figures, aloud=not as_json)
            if done.left:
                raise StorageError(
                    f"{counted(len(done.left), 'file')} could not be removed. Fix the problem "
                    "named above; a day later 'fapproc check --repair' removes them."
                )


def _show(archive: "Archive", planned: "DeletionPlan", *, as_json: bool) -> None:
    from fapproc.jobs import naming

    if as_json:
        show_object(_object(planned, None))
        return
    for holder in planned.holders:
        row(f"delete {holder}")
    for each, names in naming.named(archive, planned.images, lambda each: [each.digest]):
        row(f"delete image {each.digest} {size(each.bytes)}  {names[each.digest]}")
    for each, names in naming.named(archive, planned.pruned, lambda each: [each.digest]):
        what = f"{each.digest} {size(each.bytes)}  {names[each.digest]}"
        row(f"forget {what}: it was pruned for one of these")


def _object(planned: "DeletionPlan", done: "Deleted | None") -> dict[str, object]:
    from dataclasses import asdict

    return {
        "holders": list(planned.holders),
        "places": planned.places,
        "kept_elsewhere": planned.kept,
        "groups": planned.groups,
        "bytes": planned.bytes,
        "images": [each.digest for each in planned.images],
        "pruned": [each.digest for each in planned.pruned],
        "before": asdict(done.before) if done else None,
        "after": asdict(done.after) if done else None,
    }
