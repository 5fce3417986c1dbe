"""`fapproc log` and `fapproc undo`: what was done and decided, and how a decision is taken back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.asking import dry_run_option
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import COUNT, archive_option, json_option, read_only_option
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, moment, short

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.db.decisions import Decision


@click.command()
@archive_option
@read_only_option
@click.option(
    "-n", "--number", "most", metavar="N", type=COUNT, help="List only the newest N entries."
)
@json_option
def log(folder: Path, read_only: bool, most: int | None, as_json: bool) -> None:
    """List what jobs did and what you decided, newest first.

    \b
    fapproc log
    fapproc log -n 10
    """
    from fapproc.db.decisions import Decision
    from fapproc.jobs import journal
    from fapproc.looking import open_to_read

    with open_to_read(folder, only=read_only) as archive:
        found = list(journal.read(archive, limit=most))
    for entry in found:
        if isinstance(entry, Decision):
            if as_json:
                show_object(_object(entry))
            else:
                since = f", undone {moment(entry.undone_at)}" if entry.undone_at else ""
                since += ", and deleted from the bin since" * entry.is_final
                row(f"{moment(entry.at)}  decision {entry.id}: {entry.what}{since}")
        elif as_json:
            times = {"at": entry.at, "ended_at": entry.ended_at}
            show_object({"kind": "job", "name": entry.name, **times, "said": entry.said})
        else:
            row(f"{moment(entry.at)}  {entry.name}: {entry.said}")
    if not found and not as_json:
        tell("Nothing has been done yet.")


@click.command()
@click.argument("number", type=int, required=False)
@archive_option
@dry_run_option
def undo(number: int | None, folder: Path, dry_run: bool) -> None:
    """Undo the last decision that can be undone, or decision NUMBER of 'fapproc log'.

    \b
    fapproc undo
    fapproc undo 12 --dry-run
    """
    from fapproc.archive import Archive
    from fapproc.jobs import judging

    with Archive.open(folder) as archive:
        undone = judging.undo(archive, number, dry_run=dry_run)
        if dry_run:
            _foretell(archive, undone)
            tell(f"Nothing was changed. This would undo decision {undone.id}: {undone.what}.")
            return
    answer(f"Undone: decision {undone.id}, {undone.what}.")


def _foretell(archive: "Archive", decision: "Decision") -> None:
    """What an undo would change: of verdicts a line for each image, of tags how many images."""
    from fapproc.jobs import naming, tagging

    old, new = decision.before.verdicts, decision.after.verdicts
    said = {each.digest: each.verdict.word for each in decision.before.places}
    stands = {each.digest: each.verdict.word for each in decision.after.places}
    said |= {digest: old[digest].word for digest in new if digest in old}
    stands |= {digest: each.word for digest, each in new.items()}
    changed = [digest for digest in stands if stands[digest] != said.get(digest)]
    for digest, names in naming.named(archive, changed, lambda digest: [digest]):
        becomes = said.get(digest, "new")
        row(f"{short(digest)}  {stands[digest]} -> {becomes}  {names[digest]}")
    for digest, names in naming.named(archive, sorted(decision.pruned), lambda each: [each]):
        row(f"bring back {short(digest)}  {names[digest]}")
    paths = {tag: was[0] for tag, was in decision.tags_before.tags.items() if was}  # if deleted
    paths |= {tag.id: tag.path for tag in tagging.paths(archive)}
    for verb, state in (("remove", decision.tags_after), ("give back", decision.tags_before)):
        for tag, images in state.images.items():
            row(f"{verb} tag {paths.get(tag, tag)}: {counted(len(images), 'image')}")


def _object(decision: "Decision") -> dict[str, object]:
    """A decision as JSON: the images whose verdicts it changed, before and after."""
    return {
        "kind": "decision",
        "about": decision.kind,
        "id": decision.id,
        "at": decision.at,
        "what": decision.what,
        "undone_at": decision.undone_at or 0,
        "final": decision.is_final,
        "before": dict(decision.before.verdicts),
        "after": dict(decision.after.verdicts),
        "places": [
            {
                "sha256": said.digest,
                "user": said.place.user.number,
                "source": said.place.user.source,
                "album": said.place.album,
                "image": said.place.image,
                "verdict": said.verdict,
            }
            for said in sorted(
                decision.after.places - decision.before.places, key=lambda each: each.digest
            )
        ],
    }
