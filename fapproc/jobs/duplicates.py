"""Find near-duplicates: encodings -> candidates -> decision -> groups; verdicts are kept.

Only new images are compared, with everything (`portions`). Pairs that only one method finds get a
second look before they count (`looking_twice`). `deciding` says what follows and changes nothing;
`recording` carries that out.
"""

from dataclasses import dataclass
from functools import partial

from fapproc.archive import Archive
from fapproc.dedup import fusion
from fapproc.dedup.models import DEFAULT, Model
from fapproc.executors.here import Here
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs.comparing import Tell, prepare
from fapproc.jobs.portions import THOROUGH, Amount, Portions
from fapproc.jobs.sameness import tell_sameness


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """Images and groups now, groups that wait for a verdict, and what this search changed."""

    images: int
    groups: int
    need_action: int
    new_pairs: int
    withdrawn_pairs: int
    new_images: int
    new_digests: tuple[str, ...] = ()
    """Of the images that were in no group before."""
    unseen: int = 0
    """Pairs that want a second look and could not be looked at: for want of thumbnails."""
    unfinished: int = 0
    """Images that have more pairs to be looked at: a later search goes on."""
    nearest_left: int = 0
    """Images whose nearest were not looked at yet: a later search does."""
    left: int = 0
    """Images of which either is true: the next search goes on with these."""
    reweighed: int = 0
    """Groups of before of which a second look has taken pairs away."""


def find_duplicates(
    archive: Archive,
    *,
    rule: str = fusion.DEFAULT,
    model: Model = DEFAULT,
    amount: Amount = THOROUGH,
    dry_run: bool = False,
    executor: MakeExecutor | None = None,
    tell: Tell = lambda *_: None,
) -> DuplicatesReport:
    """Find all near-duplicates and record them; verdicts stay with their images.

    Args:
        archive: which.
        rule: a name in `fusion.RULES`.
        model: the network that the settings choose; vectors of another one of ours are held to
            that one's own sensitivities.
        amount: how much is looked at twice.
        dry_run: only say what would be found.
        executor: makes what compares the tiles of a search and what looks twice; None: this
            process, and worker processes for many looks.
        tell: is called with the step that is at work, and the part of it that is done; None where
            that is not known.

    Raises:
        UsageProblem: no such rule, or a sensitivity of the archive out of its bounds.
        ArchiveHeld: another search is at work.
    """
    fusion.rule(rule)
    how = partial(prepare, rule=rule, model=model, executor=executor or Here)
    with archive.job("dedup"):
        done = Portions(archive, how, amount, tell, executor, keeps=not dry_run)
        done.run()
        if not dry_run:
            tell_sameness(archive, tell)
    return DuplicatesReport(
        images=done.then.images,
        groups=done.then.groups,
        need_action=done.then.need_action,
        new_pairs=done.fresh,
        withdrawn_pairs=done.withdrawn,
        new_images=len(done.then.new_digests),
        new_digests=done.then.new_digests,
        unseen=len(done.unseen),
        unfinished=len(done.left),
        nearest_left=done.nearest_left,
        left=done.all_left,
        reweighed=len(done.reweighed),
    )
