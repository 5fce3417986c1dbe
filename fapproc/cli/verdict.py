"""`fapproc verdict`."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from fapproc.cli.log import undo
from fapproc.cli.ruling import in_words, staying
from fapproc.commandline.asking import agreed, dry_run_option, yes_option
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import Listing, archive_option, json_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.errors import DONE_WITH_FAILURES
from fapproc.firsts import MOST
from fapproc.queues import Queue
from fapproc.verdict import Verdict
from fapproc.voice import answer, rows, tell
from fapproc.wording import counted, short

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.batch import Proposal
    from fapproc.jobs.judging import SavedAll
    from fapproc.model import Group
    from fapproc.selections.selection import Selection

_WAITS, _JUDGED = "needs a verdict", "judged"


class _Shown(NamedTuple):
    """A group as it is shown: the verdicts of its images, and what they would become."""

    stands: Mapping[str, Verdict]
    state: str
    best: str | None
    proposals: Mapping[str, Verdict]


_RULES = ("same", "best")


class _Said(click.Choice[str]):
    """A verdict by the word for people, or as it is stored; in any case."""

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Verdict:
        """Read one."""
        try:
            return Verdict(value.lower())
        except ValueError:
            return Verdict(super().convert(value, param, ctx))


_SAID = _Said([each.word for each in Verdict])


@click.group(cls=Listing)
def verdict() -> None:
    """Judge possible duplicates: list them, set or undo verdicts, judge by rule.

    \b
    fapproc verdict list --waiting
    fapproc verdict set keep 3f60c1
    fapproc verdict auto --rule same --dry-run
    """


@verdict.command("list")
@selection_options
@archive_option
@read_only_option
@click.option("--waiting", is_flag=True, help="List only groups that wait for a verdict.")
@json_option
def list_(chosen: "Selection", folder: Path, read_only: bool, waiting: bool, as_json: bool) -> None:
    """List groups of possible duplicates: all, or those of images chosen by digests and options.

    \b
    fapproc verdict list --waiting
    fapproc verdict list 3f60c1
    """
    from fapproc.cli.print import group_object
    from fapproc.jobs import batch

    with opened(folder, chosen, read_only=read_only) as (archive, kept):
        groups = (each for each in batch.groups(archive, kept) if each.waits or not waiting)
        shown = 0
        if as_json:
            for group in groups:
                show_object(group_object(group))
        else:
            shown = _show(archive, map(_group, groups))
        if shown:
            tell(
                "'fapproc run' shows the pictures beside each other; 'fapproc verdict set' judges."
            )
        elif not as_json:
            tell("No such groups. 'fapproc dedup' finds possible duplicates.")


@verdict.command("set")
@click.argument("said", metavar="VERDICT", type=_SAID)
@selection_options
@archive_option
@click.option(
    "--places",
    is_flag=True,
    help="Judge the places of images that are listed more than once, not the images.",
)
def set_(said: Verdict, chosen: "Selection", folder: Path, places: bool) -> None:
    """Give images in groups the VERDICT new, different, alternate, keep or skip.

    \b
    fapproc verdict set keep 3f60c1
    fapproc verdict set skip --places 3f60c1 --album copies

    `different` means that an image is not the same picture as the others of its group;
    `alternate` means the same, but that it is related to them, like the next one of a series.

    An image that is listed more than once has a verdict at each place as well. With --places,
    the VERDICT is given to these: to those of --user and --album, or else to all of them.
    """
    from fapproc.jobs import batch, judging, selection

    with opened(folder, selection.something(chosen)) as (archive, kept):
        sayings = batch.said_of(archive, kept, said, places=places)
        if not sayings:
            tell("No images match.")
        elif len(sayings) == 1:  # what is refused is the whole then
            one = sayings[0]
            saved = judging.set_verdicts(archive, one.digest, one.verdicts, one.places)
            for notice in saved.notices:
                tell(notice)
            answer(
                f"Saved: {saved.what}." if saved.decision else "These verdicts were already set."
            )
            if saved.decision:
                tell(f"'fapproc undo {saved.decision}' undoes it.")
        else:
            _tell_saved(judging.set_all(archive, sayings))


@verdict.command()
@click.option(
    "--all", "everything", is_flag=True, help="Forget all groups, also those that you judged."
)
@archive_option
@dry_run_option
@yes_option
def forget(everything: bool, folder: Path, dry_run: bool, yes: bool) -> None:
    """Forget the groups that wait for a verdict, with all verdicts on their images.

    \b
    fapproc verdict forget --dry-run
    fapproc verdict forget --all --yes

    Pictures, tags and places stay. The next 'fapproc dedup' makes new groups, without verdicts.
    This can't be undone.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import forgetting

    which = Queue.ALL if everything else Queue.WAITING
    with Archive.open(folder) as archive:
        planned = forgetting.plan(archive, which)
        if not planned.groups:
            tell("There is no such group: nothing to forget.")
        elif dry_run:
            tell(f"Nothing was changed. It would forget {planned.summed}.")
        elif agreed(f"Forget {planned.summed}?", yes=yes):
            forgetting.forget(archive, which, planned)
            answer(f"Forgot {planned.summed}.")


verdict.add_command(undo)


@verdict.command()
@click.option(
    "--rule",
    type=click.Choice(_RULES),
    required=True,
    help="same: groups whose images differ only in size or quality; best: all that have a "
    "suggested best.",
)
@click.option(
    "--merge-tags", is_flag=True, help="Give the kept image the tags of the skipped ones."
)
@selection_options
@archive_option
@dry_run_option
@yes_option
@json_option
def auto(
    rule: str,
    merge_tags: bool,
    chosen: "Selection",
    folder: Path,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Judge groups by rule: keep the best, skip what differs from it only in size or quality.

    \b
    fapproc verdict auto --rule same --dry-run
    fapproc verdict auto --rule best --album lakes --yes

    Your own verdicts stay. All of it is one decision, which 'fapproc verdict undo' undoes.
    """
    from fapproc.jobs import batch

    with opened(folder, chosen) as (archive, kept):
        planned = batch.plan(archive, batch.Rule(rule), kept)
        if as_json:
            for proposal in planned.proposals:
                show_object(_proposal_object(proposal))
        elif dry_run or not yes:
            _show(archive, map(_proposal, planned.proposals))
        summed = in_words(planned)
        if not planned.proposals:
            tell(f"The rule {rule} has nothing to decide here.")
        for sentence in staying(planned):
            tell(sentence)
        if not planned.proposals:
            return
        if dry_run:
            tell(f"Nothing was changed. It would {summed}.")
        elif agreed(f"{summed[0].upper()}{summed[1:]}?", yes=yes):
            _tell_saved(batch.save(archive, planned, merge_tags=merge_tags), quiet=as_json)


def _tell_saved(saved: "SavedAll", *, quiet: bool = False) -> None:
    for sentence in (*saved.notices, *saved.refused[:MOST]):
        tell(sentence)
    if len(saved.refused) > MOST:
        tell(f"{len(saved.refused) - MOST:,} more were refused.")
    if not quiet:
        groups = counted(saved.groups, "group")
        answer(f"{counted(saved.changed, 'verdict')} saved, of {groups}.")
    if saved.refused:
        click.get_current_context().exit(DONE_WITH_FAILURES)


def _show(archive: "Archive", found: Iterable[_Shown]) -> int:
    """Show groups, each with what is or would be said of its images; return how many."""
    from fapproc.jobs import naming

    count = 0
    for count, (each, names) in enumerate(  # noqa: B007 - told afterwards
        naming.named(archive, found, lambda each: each.stands), 1
    ):
        rows(_lines(each, names))
    return count


def _group(group: "Group") -> _Shown:
    best = group.sameness.best if group.sameness else None
    state = "to look at again" if group.to_look else _WAITS if group.waits else _JUDGED
    return _Shown(group.verdicts, state, best, {})


def _proposal(proposal: "Proposal") -> _Shown:
    best = (digest for digest, said in proposal.verdicts.items() if said is Verdict.KEEP)
    state = _WAITS if Verdict.NEW in proposal.stands.values() else _JUDGED
    return _Shown(proposal.stands, state, next(best, None), proposal.verdicts)


def _lines(shown: _Shown, names: Mapping[str, str]) -> Iterator[str]:
    yield f"{counted(len(shown.stands), 'image')}, {shown.state}"
    for digest in _best_first(shown.stands, shown.best):
        said, proposed = shown.stands[digest], shown.proposals.get(digest)
        becomes = f" -> {proposed.word}" if proposed is not None and proposed != said else ""
        best_of_all = "  best" * (digest == shown.best)
        yield f"  {short(digest)}  {said.word}{becomes}{best_of_all}  {names[digest]}"


def _best_first(members: Iterable[str], best: str | None) -> list[str]:
    return sorted(members, key=lambda digest: (digest != best, digest))


def _proposal_object(proposal: "Proposal") -> dict[str, object]:
    members = list(proposal.members)
    return {"kind": "proposal", "members": members, "verdicts": dict(proposal.verdicts)}
