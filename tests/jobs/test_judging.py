"""Verdicts are saved whole or not at all, are logged, can be undone, and are never lost."""

import tempfile
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fapproc.archive import Archive
from fapproc.db import duplicates as pair_groups
from fapproc.db import images
from fapproc.db import pairs as pair_rows
from fapproc.dedup.registry import HASHES
from fapproc.dedup.verdicts import APART
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import duplicates, inventory, judging, sensitivity
from fapproc.model import Facts, Format, Group, Place, UserId, Verdict
from fapproc.relations import Relation
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, photo, picture, process

NEW, FALSE, KEEP, SKIP = Verdict.NEW, Verdict.FALSE, Verdict.KEEP, Verdict.SKIP
PICTURES = [photo(1), photo(1, quality=60), photo(1, size=(256, 192))]
A, B, C = (digest_of(data) for data in PICTURES)
LATER = photo(1, quality=40)
D = digest_of(LATER)


@pytest.fixture
def three(archive: Archive) -> Archive:
    """One picture in three files, the first of them at two places."""
    fill(archive, {"one": numbered(*PICTURES), "two": [picture(1301, PICTURES[0])]})
    process(archive)
    duplicates.find_duplicates(archive)
    return archive


def only(archive: Archive) -> Group:
    [group] = inventory.groups(archive)
    return group


def places(archive: Archive) -> dict[int, Verdict]:
    found = [s for entry in inventory.entries(archive) for s in entry.sightings]
    return {sighting.place.image: sighting.verdict for sighting in found}


def add_later(archive: Archive) -> duplicates.DuplicatesReport:
    fill(archive, {"more": [picture(1401, LATER)]}, first_album=300)
    process(archive)
    return duplicates.find_duplicates(archive)


def test_verdicts_are_saved_with_their_places_in_one_decision(three: Archive) -> None:
    first = Place(UserId(7700), 111, 1201)
    saved = judging.set_verdicts(three, B, {A: KEEP, B: SKIP, C: SKIP}, {A: {first: SKIP}})
    assert only(three).verdicts == {A: KEEP, B: SKIP, C: SKIP}
    assert places(three) == {1201: SKIP, 1202: NEW, 1203: NEW, 1301: NEW}
    [logged] = judging.decisions(three)
    assert logged.id == saved.decision
    assert logged.what == f"group of {B[:16]}: 1 keep, 2 skip"
    assert logged.before.verdicts == {A: NEW, B: NEW, C: NEW}
    assert logged.after.verdicts == {A: KEEP, B: SKIP, C: SKIP}


def test_what_is_refused_changes_nothing(three: Archive) -> None:
    judging.set_verdicts(three, A, {A: KEEP})
    before = only(three), places(three), judging.decisions(three)
    for said in ({A: SKIP, B: SKIP, C: SKIP}, {A: SKIP, D: KEEP}):
        with pytest.raises(UsageProblem):
            judging.set_verdicts(three, A, said)
    with pytest.raises(UsageProblem, match="No image"):
        judging.set_verdicts(three, "f" * 64, {})
    assert (only(three), places(three), judging.decisions(three)) == before


def test_saying_it_again_is_no_decision(three: Archive) -> None:
    judging.set_verdicts(three, A, {A: KEEP})
    assert judging.set_verdicts(three, A, {A: KEEP}).decision is None
    assert len(judging.decisions(three)) == 1


def test_a_decision_is_undone_whole(three: Archive) -> None:
    judging.set_verdicts(three, A, {A: KEEP, B: SKIP})
    before = only(three), places(three)
    judging.set_verdicts(three, A, {A: SKIP, C: FALSE})
    assert set(places(three).values()) == {SKIP, NEW}
    undone = judging.undo(three)
    assert (only(three), places(three)) == before
    with three.reading() as connection:
        assert pair_rows.different(connection) == set()
    assert [each.undone_at is None for each in judging.decisions(three)] == [False, True]
    with pytest.raises(UsageProblem, match="undone before"):
        judging.undo(three, undone.id)
    judging.undo(three)
    assert set(only(three).verdicts.values()) == {NEW}
    with pytest.raises(FapError, match="No decision to undo"):
        judging.undo(three)


def test_a_decision_is_not_undone_from_under_a_later_one(three: Archive) -> None:
    first = judging.set_verdicts(three, A, {A: KEEP}).decision
    second = judging.set_verdicts(three, B, {B: SKIP}).decision
    with pytest.raises(UsageProblem, match=f"Decision {second} is later"):
        judging.undo(three, first)


def test_what_was_judged_different_never_comes_back(three: Archive) -> None:
    judging.set_verdicts(three, A, {A: KEEP, B: SKIP, C: FALSE})
    for name in ("hybrid", "union", "hybrid"):
        report = duplicates.find_duplicates(three, rule=name)
        assert (report.images, report.groups, report.need_action) == (3, 1, 0)
        assert only(three).verdicts == {A: KEEP, B: SKIP, C: FALSE}
    report = add_later(three)
    assert report.new_images == 1
    verdicts = {d: v for group in inventory.groups(three) for d, v in group.verdicts.items()}
    assert verdicts == {A: KEEP, B: SKIP, C: FALSE, D: NEW}


def akin(archive: Archive) -> dict[str, set[str]]:
    found = {entry.image.digest: entry.related for entry in inventory.entries(archive)}
    return {digest: {each.digest for each in related} for digest, related in found.items()}


def test_an_alternate_is_linked_to_the_others_is_asked_of_no_more_and_can_be_undone(
    three: Archive,
) -> None:
    judging.set_verdicts(three, A, {A: KEEP, B: SKIP, C: Verdict.ALTERNATE})
    assert not only(three).waits
    assert akin(three) == {A: {C}, B: {C}, C: {A, B}}
    [said] = {each.relation for entry in inventory.entries(three) for each in entry.related}
    assert said is Relation.ALTERNATE
    report = duplicates.find_duplicates(three)
    assert report.need_action == 0
    assert akin(three) == {A: {C}, B: {C}, C: {A, B}}
    judging.undo(three)
    assert akin(three) == {A: set(), B: set(), C: set()}
    assert duplicates.find_duplicates(three).need_action == 1


def test_a_false_image_is_nobodys_alternate(three: Archive) -> None:
    judging.set_verdicts(three, A, {A: KEEP, B: FALSE, C: Verdict.ALTERNATE})
    assert akin(three) == {A: {C}, B: set(), C: {A}}


def test_two_images_that_are_both_false_wait_for_nothing(archive: Archive) -> None:
    fill(archive, {"one": numbered(*PICTURES[:2])})
    process(archive)
    duplicates.find_duplicates(archive)
    saved = judging.set_verdicts(archive, A, {A: FALSE})
    assert len(saved.notices) == 1
    report = duplicates.find_duplicates(archive)
    assert (report.groups, report.need_action, report.new_images) == (1, 0, 0)
    assert only(archive).verdicts == {A: FALSE, B: FALSE}


def test_the_places_of_an_image_without_a_group_are_judged_too(archive: Archive) -> None:
    fill(archive, {"one": numbered(PICTURES[0]), "two": [picture(1301, PICTURES[0])]})
    first = Place(UserId(7700), 111, 1201)
    judging.set_verdicts(archive, A, {}, {A: {first: SKIP}})
    assert places(archive) == {1201: SKIP, 1301: NEW}
    with pytest.raises(UsageProblem, match="skipped at every place"):
        judging.set_verdicts(archive, A, {}, {A: {Place(UserId(7700), 112, 1301): SKIP}})
    judging.undo(archive)
    assert places(archive) == {1201: NEW, 1301: NEW}


def test_an_image_with_nothing_to_judge_is_told(archive: Archive) -> None:
    fill(archive, {"one": numbered(PICTURES[0])})
    with pytest.raises(UsageProblem, match="nothing to judge"):
        judging.set_verdicts(archive, A, {})


CODES = [0x0123456789ABCDEF ^ ((1 << bits) - 1) for bits in (0, 2, 4, 6, 8, 10, 12, 40)]


@settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each run makes an archive: no shrinking
    suppress_health_check=[HealthCheck.too_slow],
)
class Judging(RuleBasedStateMachine):
    """Images come, searches of every manner run, verdicts are given; a model remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = Archive.open_or_create(Path(self.folder.name, "archive"))
        self.said: dict[str, Verdict] = {}
        self.apart: set[frozenset[str]] = set()
        self.count = 0

    def teardown(self) -> None:
        self.archive.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        self.images_come([0, 1, 2, 3])
        self.search("hybrid")

    @rule(kinds=st.lists(st.sampled_from(range(len(CODES))), max_size=3))
    def images_come(self, kinds: list[int]) -> None:
        with self.archive.writing() as connection:
            numbers = [
                images.add_encoder(connection, name, one.identity()) for name, one in HASHES.items()
            ]
            for kind in kinds:
                self.count += 1
                digest = f"{kind:02x}{self.count:062x}"
                row = images.add(connection, digest, 1, Format.JPG, 1)
                facts = Facts(10, 10, animated=False)
                images.set_derived(connection, row, facts, (1, digest, Format.JPG))
                code = CODES[kind].to_bytes(8, "big")
                images.save_codes(connection, {row: dict.fromkeys(numbers, code)})

    @rule(name=st.sampled_from(["hybrid", "union", "intersection"]))
    def search(self, name: str) -> None:
        said = duplicates.find_duplicates(self.archive, rule=name, dry_run=True)
        assert duplicates.find_duplicates(self.archive, rule=name) == said
        with self.archive.reading() as connection:
            counted = pair_groups.count_groups(connection)
        assert counted == (said.images, said.groups, said.need_action)
        again = duplicates.find_duplicates(self.archive, rule=name)
        assert (again.new_pairs, again.withdrawn_pairs, again.new_images) == (0, 0, 0)

    @rule(bits=st.sampled_from([-1, 0, 2, 4, 12]))
    def change_sensitivity(self, bits: int) -> None:
        changed = dict.fromkeys(HASHES, bits)
        sensitivity.change(self.archive, regular=changed, animated=dict.fromkeys(HASHES, -1))

    @rule(data=st.data())
    def judge(self, data: st.DataObject) -> None:
        groups = list(inventory.groups(self.archive))
        if not groups:
            return
        group = data.draw(st.sampled_from(groups))
        said = data.draw(
            st.dictionaries(st.sampled_from(group.members), st.sampled_from(Verdict), min_size=1)
        )
        try:
            saved = judging.set_verdicts(self.archive, group.members[0], said)
        except UsageProblem:
            return
        self._remember(dict(saved.judged.verdicts))

    @rule()
    def undo(self) -> None:
        try:
            undone = judging.undo(self.archive)
        except FapError:
            return
        verdicts = undone.before.verdicts
        self.said |= verdicts
        members = set(verdicts)
        self.apart = {pair for pair in self.apart if not pair <= members}
        self.apart |= {frozenset(pair) for pair in undone.before.different}

    def _remember(self, verdicts: dict[str, Verdict]) -> None:
        self.said |= verdicts
        for a, b in combinations(verdicts, 2):
            self.apart.discard(frozenset((a, b)))
            if not {verdicts[a], verdicts[b]}.isdisjoint(APART):
                self.apart.add(frozenset((a, b)))

    @invariant()
    def no_verdict_is_lost(self) -> None:
        for group in inventory.groups(self.archive):
            assert len(group.members) > 1
            for digest, verdict in group.verdicts.items():
                assert verdict is self.said.get(digest, NEW)

    @invariant()
    def what_was_called_different_is_remembered(self) -> None:
        with self.archive.reading() as connection:
            names = images.digests(connection)
            found = {frozenset((names[a], names[b])) for a, b in pair_rows.different(connection)}
        assert found == self.apart


TestJudging = Judging.TestCase
