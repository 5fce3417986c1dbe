"""What a person may say of a group, and what follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.dedup.verdicts import APART, Judged, are_akin, different, settle
from fapproc.errors import UsageProblem
from fapproc.model import Place, UserId, Verdict

NEW, FALSE, KEEP, SKIP = Verdict.NEW, Verdict.FALSE, Verdict.KEEP, Verdict.SKIP
ALTERNATE = Verdict.ALTERNATE
A, B, C = "a" * 64, "b" * 64, "c" * 64
USER = UserId(7)
ONE, TWO = Place(USER, 1, 10), Place(USER, 2, 20)


def group(**verdicts: Verdict) -> Judged:
    return Judged(
        {letter * 64: verdict for letter, verdict in verdicts.items()},
        {letter * 64: {Place(USER, 1, ord(letter)): NEW} for letter in verdicts},
    )


def twice(verdict: Verdict, one: Verdict, two: Verdict) -> Judged:
    """A group of three, of which the first image is listed at two places."""
    return Judged({A: verdict, B: NEW, C: NEW}, {A: {ONE: one, TWO: two}})


def test_what_is_said_is_taken_over_and_the_rest_stays() -> None:
    settled = settle(group(a=NEW, b=KEEP, c=NEW), {A: SKIP})
    assert settled.judged.verdicts == {A: SKIP, B: KEEP, C: NEW}
    assert settled.different == frozenset()
    assert settled.notices == ()


def test_a_group_may_not_be_skipped_whole() -> None:
    with pytest.raises(UsageProblem, match="Every image of the group"):
        settle(group(a=NEW, b=SKIP, c=SKIP), {A: SKIP})


def test_false_says_that_an_image_is_not_the_same_as_each_other_one() -> None:
    settled = settle(group(a=KEEP, b=SKIP, c=NEW), {C: FALSE})
    assert settled.different == {(A, C), (B, C)}
    assert different({A: FALSE, B: FALSE, C: FALSE}) == {(A, B), (A, C), (B, C)}
    assert different({A: KEEP, B: SKIP, C: NEW}) == frozenset()


def test_of_two_images_false_of_one_is_false_of_the_other_with_a_notice() -> None:
    settled = settle(group(a=NEW, b=KEEP), {A: FALSE})
    assert settled.judged.verdicts == {A: FALSE, B: FALSE}
    assert settled.different == {(A, B)}
    assert "of two images either both are different or none" in settled.notices[0]
    both = settle(group(a=NEW, b=NEW), {A: FALSE, B: FALSE})
    assert both.notices == ()


def test_alternate_says_that_an_image_is_another_picture_and_akin_to_those_that_are_not_false() -> (
    None
):
    settled = settle(group(a=KEEP, b=SKIP, c=NEW), {C: ALTERNATE})
    assert settled.judged.verdicts == {A: KEEP, B: SKIP, C: ALTERNATE}
    assert settled.different == {(A, C), (B, C)}
    assert (
        are_akin(ALTERNATE, KEEP) and are_akin(SKIP, ALTERNATE) and are_akin(ALTERNATE, ALTERNATE)
    )
    assert not are_akin(ALTERNATE, FALSE)
    assert not are_akin(FALSE, KEEP) and not are_akin(KEEP, NEW)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ((NEW, NEW), {A: ALTERNATE}, (ALTERNATE, ALTERNATE)),
        ((ALTERNATE, ALTERNATE), {B: KEEP}, (NEW, KEEP)),
        ((ALTERNATE, ALTERNATE), {A: FALSE}, (FALSE, FALSE)),
        ((FALSE, FALSE), {B: ALTERNATE}, (ALTERNATE, ALTERNATE)),
        ((NEW, NEW), {A: ALTERNATE, B: FALSE}, (FALSE, FALSE)),
        ((ALTERNATE, ALTERNATE), {A: KEEP, B: SKIP}, (KEEP, SKIP)),
    ],
)
def test_of_two_images_both_are_alternates_or_none_and_what_changed_leads(
    before: tuple[Verdict, Verdict], said: dict[str, Verdict], after: tuple[Verdict, Verdict]
) -> None:
    settled = settle(group(a=before[0], b=before[1]), said)
    assert settled.judged.verdicts == dict(zip((A, B), after, strict=True))
    assert bool(settled.notices) == (len(said) == 1 or ALTERNATE in said.values())


def test_an_alternate_is_no_verdict_for_a_place() -> None:
    with pytest.raises(UsageProblem, match="not a verdict for a place"):
        settle(twice(NEW, NEW, NEW), {}, {A: {ONE: ALTERNATE}})


def test_of_two_false_images_the_one_that_changes_frees_the_other() -> None:
    for said in ({A: KEEP}, {A: KEEP, B: FALSE}):
        settled = settle(group(a=FALSE, b=FALSE), said)
        assert settled.judged.verdicts == {A: KEEP, B: NEW}
        assert settled.different == frozenset()
        assert len(settled.notices) == 1


def test_an_image_that_is_skipped_is_skipped_at_all_places_with_a_notice() -> None:
    settled = settle(twice(NEW, NEW, KEEP), {A: SKIP})
    assert settled.judged.places[A] == {ONE: SKIP, TWO: SKIP}
    assert "at all 2 places" in settled.notices[0]
    assert settle(twice(SKIP, SKIP, SKIP), {A: SKIP}).notices == ()


@pytest.mark.parametrize("verdict", [NEW, FALSE, KEEP])
def test_an_image_that_is_to_be_seen_may_not_be_skipped_at_every_place(verdict: Verdict) -> None:
    with pytest.raises(UsageProblem, match="skipped at every place"):
        settle(twice(NEW, NEW, NEW), {A: verdict}, {A: {ONE: SKIP, TWO: SKIP}})
    settle(twice(NEW, NEW, NEW), {A: verdict}, {A: {ONE: SKIP, TWO: KEEP}})


def test_an_image_that_is_skipped_no_longer_is_new_at_its_places_unless_told_otherwise() -> None:
    settled = settle(twice(SKIP, SKIP, SKIP), {A: KEEP})
    assert settled.judged.places[A] == {ONE: NEW, TWO: NEW}
    assert "skipped no longer" in settled.notices[0]
    with pytest.raises(UsageProblem):
        settle(twice(SKIP, SKIP, SKIP), {A: KEEP}, {A: {ONE: SKIP}})


def test_an_image_in_no_group_is_one_that_is_kept() -> None:
    alone = Judged({}, {A: {ONE: NEW, TWO: NEW}})
    settled = settle(alone, {}, {A: {ONE: KEEP, TWO: SKIP}})
    assert settled.judged.places[A] == {ONE: KEEP, TWO: SKIP}
    with pytest.raises(UsageProblem, match="skipped at every place"):
        settle(alone, {}, {A: {ONE: SKIP, TWO: SKIP}})


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageProblem, match="not in this group"):
        settle(group(a=NEW, b=NEW), {C: KEEP})
    with pytest.raises(UsageProblem, match="not listed as 7/2/20"):
        settle(group(a=NEW, b=NEW), {}, {A: {TWO: KEEP}})
    with pytest.raises(UsageProblem, match="not a verdict for a place"):
        settle(twice(NEW, NEW, NEW), {}, {A: {ONE: FALSE}})


VERDICTS = st.lists(st.sampled_from(Verdict), min_size=2, max_size=5).map(
    lambda given: {chr(97 + n) * 64: verdict for n, verdict in enumerate(given)}
)


@given(VERDICTS, st.data())
def test_what_is_settled_is_settled(before: dict[str, Verdict], data: st.DataObject) -> None:
    places = {d: {Place(USER, 1, n): NEW, Place(USER, 2, n): NEW} for n, d in enumerate(before)}
    said = data.draw(st.dictionaries(st.sampled_from(sorted(before)), st.sampled_from(Verdict)))
    try:
        settled = settle(Judged(before, places), said)
    except UsageProblem:
        assert set((before | said).values()) == {SKIP} or len(before) == 2
        return
    after = settled.judged
    again = settle(after, {})
    assert again.judged == after
    assert again.notices == ()
    assert set(after.verdicts.values()) != {SKIP}
    assert any(verdict in APART for verdict in after.verdicts.values()) == bool(settled.different)
    for digest, verdict in after.verdicts.items():
        assert (verdict is SKIP) == (set(after.places[digest].values()) == {SKIP})
        if len(before) > 2:
            assert verdict is (before | said)[digest]
