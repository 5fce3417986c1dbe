"""`fapproc prune`."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.asking import agreed, dry_run_option, yes_option
from fapproc.commandline.noting import noting
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option, read_only_option
from fapproc.errors import StorageError, UsageProblem
from fapproc.firsts import MOST
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, moment, short, size

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.leaving import Going
    from fapproc.jobs.pruning import Pruning, PruningPlan


@click.command()
@click.option(
    "--now", is_flag=True, help="Delete the files at once instead of moving them to the bin."
)
@click.option("--list", "lists", is_flag=True, help="List what is in the bin; change nothing.")
@archive_option
@read_only_option
@dry_run_option
@yes_option
@json_option
def prune(
    now: bool, lists: bool, folder: Path, read_only: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Move images that you judged skip to the bin, and delete what the last prune put there.

    \b
    fapproc prune --dry-run
    fapproc prune
    fapproc prune --now --yes

    An image goes to the bin only if another image of its group is judged keep and its file is
    sound; that one gets the tags. The next prune empties the bin; until then 'fapproc undo' brings
    the images back. No crawl fetches them again.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import pruning
    from fapproc.looking import open_to_read

    if lists and (now or dry_run or yes):
        raise UsageProblem("--list changes nothing: give it without --now, --dry-run and --yes.")
    if read_only and not lists:
        raise UsageProblem("--read-only changes nothing: give it only with --list.")
    if lists:
        with open_to_read(folder, only=read_only) as archive:
            _list(archive, as_json=as_json)
        return
    with Archive.open(folder) as archive:
        planned = pruning.plan(archive, now=now)
        if as_json:
            _show_objects(planned)
        elif dry_run or not yes:
            _show(archive, planned)
        _tell_refused(archive, planned)
        if planned.does_nothing:
            tell(
                "Nothing to prune. 'fapproc verdict set skip DIGEST' or "
                "'fapproc verdict auto --rule RULE' marks images to prune."
            )
        elif dry_run:
            tell(f"Nothing was changed. It would {_summed(planned)}.")
        elif agreed(f"{_question(planned)}?", yes=yes):
            _prune(archive, planned, as_json=as_json)


def _prune(archive: "Archive", planned: "PruningPlan", *, as_json: bool) -> None:
    from fapproc.jobs import pruning

    say = noting(archive, "prune")
    done = pruning.prune(archive, planned)
    for sentence in dict.fromkeys(done.left):
        tell(f"Error: {sentence}")
    if planned.leaving or planned.unfinished or planned.now:
        say(_past(planned), aloud=not as_json)
    elif not as_json:
        answer(_past(planned))  # the decision says it in the log
    if done.decision is not None and not planned.now:
        tell(
            f"'fapproc undo {done.decision}' brings back what was put there, until the next prune."
        )
    if done.left:
        raise StorageError(
            f"{counted(len(done.left), 'file')} could not be removed. Fix the problem named "
            "above; the next 'fapproc prune' removes them."
        )


def _show(archive: "Archive", planned: "PruningPlan") -> None:
    from fapproc.jobs import naming

    for left in planned.unfinished:
        row(f"remove {left.digest} {size(left.bytes)}, which an earlier prune has left")
    for each, names in naming.named(archive, planned.leaving, _digests):
        row(f"remove {_what(each, names)}, which was in the bin")
    word = "remove" if planned.now else "prune"
    for each, names in naming.named(archive, planned.prunings, _digests):
        kept = f"{short(each.kept)}, which is kept: {names[each.kept]}"
        row(f"{word} {_what(each, names)}  for {kept}")


def _digests(pruning: "Pruning") -> list[str]:
    return [pruning.going.digest, pruning.kept]


def _what(pruning: "Pruning", names: Mapping[str, str]) -> str:
    going = pruning.going
    return f"{going.digest} {size(going.bytes)}  {names[going.digest]}"


def _tell_refused(archive: "Archive", planned: "PruningPlan") -> None:
    from fapproc.jobs import naming

    some = planned.refused[:MOST]
    for each, names in naming.named(archive, some, lambda each: [each.digest]):
        tell(f"Stays: {short(each.digest)} {names[each.digest]}: {each.why}.")
    if len(planned.refused) > len(some):
        more = counted(len(planned.refused) - len(some), "more image")
        tell(f"Stays: {more}; 'fapproc prune --dry-run --json' lists all.")


def _show_objects(planned: "PruningPlan") -> None:
    for left in planned.unfinished:
        show_object({"kind": "unfinished", "sha256": left.digest, "bytes": left.bytes})
    for kind, found in (("leaving", planned.leaving), ("pruned", planned.prunings)):
        for each in found:
            sizes = {"bytes": each.going.bytes, "kept": each.kept}
            show_object({"kind": kind, "sha256": each.going.digest, **sizes})
    for refused in planned.refused:
        show_object({"kind": "refused", "sha256": refused.digest, "why": refused.why})


def _question(planned: "PruningPlan") -> str:
    words = _summed(planned)
    return words[0].upper() + words[1:]  # capitalize() made kb of kB


def _summed(planned: "PruningPlan") -> str:
    goes = _much(each.going for each in planned.prunings)
    parts = [f"remove {goes}" if planned.now else f"put {goes} into the bin"]
    parts *= bool(planned.prunings)
    parts += [f"remove {much} that {why}" for much, why in _emptied(planned)]
    return " and ".join(parts)


def _past(planned: "PruningPlan") -> str:
    """What was done, as a sentence."""
    goes = _much(each.going for each in planned.prunings)
    parts = [f"{goes} {'removed' if planned.now else 'put into the bin'}"]
    parts *= bool(planned.prunings)
    parts += [f"{much} removed that {why}" for much, why in _emptied(planned)]
    return f"{', '.join(parts)}."


def _emptied(planned: "PruningPlan") -> Iterator[tuple[str, str]]:
    """How much an earlier prune's bin held that is deleted now."""
    if planned.leaving:
        yield _much(each.going for each in planned.leaving), "lay in the bin"
    if planned.unfinished:
        yield _much(planned.unfinished), "an earlier prune has left"


def _much(found: "Iterable[Going]") -> str:
    sizes = [each.bytes for each in found]
    return f"{counted(len(sizes), 'image')} ({size(sum(sizes))})"


def _list(archive: "Archive", *, as_json: bool) -> None:
    from fapproc.jobs import naming, pruning

    found = pruning.bin_(archive)
    for each, names in naming.named(archive, found, lambda each: [each.stored.image.digest]):
        image = each.stored.image
        if as_json:
            values = {"sha256": image.digest, "bytes": image.bytes, "kept": each.kept}
            show_object({"kind": "binned", **values, "at": each.at, "decision": each.decision})
        else:
            since = f"since {moment(each.at)}, for {short(each.kept)}"
            what = f"{image.digest} {size(image.bytes)}  {names[image.digest]}"
            row(f"{what}  {since}: decision {each.decision}")
    if not found and not as_json:
        tell("The bin is empty.")
