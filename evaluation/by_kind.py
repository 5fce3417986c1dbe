"""What `dedup` makes of one kind of pictures: who is found by change, who is taken for another."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation import collection
from evaluation.collection import Made, Original
from evaluation.figures import MILLION, Rate, unrelated_pairs, widest
from evaluation.kinds import Kind
from fapproc.archive import Archive
from fapproc.dedup import fusion
from fapproc.vault.store import digest_of

Groups = set[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    `found` by change: with the pictures and their copies of this change alone in an archive.
    `false_pairs` counts pairs of unrelated pictures that were in one group, and `widest` the
    pictures that a group holds at most that are not one: `alone` over all these archives,
    `together` in one with all files.
    """

    found: Mapping[str, Rate]
    alone: Rate
    together: Rate
    widest_alone: int
    widest_together: int


def run(kind: Kind, originals: Sequence[Original], tell: Callable[[str], None]) -> Iterator[str]:
    """Measure a kind; yield the lines of its table.

    `tell` is told how far it is.
    """
    tell(f"{kind.name}: making {len(kind.changes)} copies of {len(originals)} pictures each")
    made = collection.make(originals, kind.vary)
    outcome = measure(kind, made, tell)
    yield from table(kind, len(made), outcome)


def measure(kind: Kind, made: Sequence[Made], tell: Callable[[str], None]) -> Outcome:
    """Take the files in, and look for duplicates among each change's alone, then among all."""
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        tell(f"{kind.name}: processing {sum(len(each.files) for each in made)} files")
        collection.take_in(archive, made)
        alone: dict[str, Groups] = {}
        for step, change in enumerate(kind.changes, start=1):
            tell(f"{kind.name}: looking for duplicates, {change}")
            with collection.only(archive, _digests(made, step)) as some:
                alone[change] = collection.groups(some, fusion.DEFAULT)
        tell(f"{kind.name}: looking for duplicates, all changes together")
        together = collection.groups(archive, fusion.DEFAULT)
    return weigh(kind.changes, made, alone, together)


def weigh(
    changes: Sequence[str], made: Sequence[Made], alone: Mapping[str, Groups], together: Groups
) -> Outcome:
    """Count what the groups hold, by change and all together."""
    found = {
        change: Rate(
            sum(
                _are_together(alone[change], digest_of(each.files[0]), digest_of(each.files[step]))
                for each in made
            ),
            len(made),
        )
        for step, change in enumerate(changes, start=1)
    }
    picture = {digest_of(data): each.name for each in made for data in each.files}
    series = {digest_of(data): each.series for each in made for data in each.files}
    of = unrelated_pairs([each.series for each in made])
    of_changes = [group for groups in alone.values() for group in groups]
    return Outcome(
        found,
        Rate(len(_mistaken(of_changes, picture, series)), of),
        Rate(len(_mistaken(together, picture, series)), of),
        widest(of_changes, series),
        widest(together, series),
    )


def table(kind: Kind, count: int, outcome: Outcome) -> Iterator[str]:
    """Yield what came of a kind beside what is wanted of it."""
    wanted = kind.wanted
    yield f"### {kind.name.capitalize()}: {count} pictures, {len(kind.changes)} changes of each"
    yield ""
    yield "| change | found | at least | wanted | |"
    yield "|---|---|---|---|---|"
    for change, rate in outcome.found.items():
        if change in wanted.apart:
            bound, kept = "apart", rate.count == 0
        else:
            least = wanted.found.get(change, 0)
            bound, kept = f"{least or ''}", rate.value >= least
        yield f"| {change} | {rate.value:.3f} | {rate.at_least:.3f} | {bound} | {_mark(kept)} |"
    yield ""
    yield "| taken for one picture | each change alone | all together | wanted | |"
    yield "|---|---|---|---|---|"
    rates = (outcome.alone, outcome.together)
    pairs = " | ".join(f"{rate.count} of {rate.of}" for rate in rates)
    millions = " | ".join(
        f"{rate.value * MILLION:.0f}, at most {rate.at_most * MILLION:.0f}" for rate in rates
    )
    kept = all(rate.value * MILLION <= wanted.false_pairs for rate in rates)
    yield f"| pairs of pictures | {pairs} | | |"
    yield f"| a million | {millions} | {wanted.false_pairs:g} | {_mark(kept)} |"
    spans = outcome.widest_alone, outcome.widest_together
    kept = max(spans) <= wanted.widest
    yield f"| in the largest group | {spans[0]} | {spans[1]} | {wanted.widest} | {_mark(kept)} |"
    yield ""


def _mark(kept: bool) -> str:
    return "" if kept else "missed"


def _digests(made: Sequence[Made], step: int) -> frozenset[str]:
    """The pictures and what a change made of them."""
    return frozenset(digest_of(each.files[at]) for each in made for at in (0, step))


def _are_together(groups: Groups, one: str, other: str) -> bool:
    return one == other or any(one in group and other in group for group in groups)


def _mistaken(
    groups: Iterable[frozenset[str]], picture: Mapping[str, str], series: Mapping[str, str]
) -> set[frozenset[str]]:
    """The pairs of pictures that come in one group and are of different series."""
    return {
        frozenset({picture[one], picture[other]})
        for group in groups
        for one, other in combinations(group, 2)
        if series[one] != series[other]
    }
