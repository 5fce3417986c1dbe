import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, ImageSequence
from sqlalchemy import update

from fapproc.archive import Archive
from fapproc.db import derived, images
from fapproc.db import pairs as pair_rows
from fapproc.db.schema import encoder
from fapproc.dedup import embedding
from fapproc.dedup.models import DEFAULT, MOBILENET_V3_SMALL, Model, for_search
from fapproc.dedup.registry import CNN, methods
from fapproc.dedup.regrouping import Regrouping, regroup
from fapproc.errors import UsageProblem
from fapproc.jobs import comparing, deciding, derive, duplicates, inventory, portions
from fapproc.jobs import sensitivity as sensitivities
from fapproc.jobs.comparing import Compared
from fapproc.jobs.duplicates import DuplicatesReport
from fapproc.model import Membership, Verdict
from fapproc.relations import Related, Relation
from fapproc.vault.store import digest_of
from tests.dedup.test_embedding import OWN
from tests.dedup.test_search import Shuffled
from tests.drawing import landscape, write
from tests.shelves import fill, judge, numbered, photo, picture, process, remove, unsound

LAKE, LAKE_AGAIN, LAKE_SMALL = photo(1), photo(1, quality=60), photo(1, size=(256, 192))
HILL, HILL_AGAIN = photo(2), photo(2, quality=60)
SKY = photo(3)


def names(*pictures: bytes) -> frozenset[str]:
    return frozenset(digest_of(data) for data in pictures)


def grouped(archive: Archive) -> set[frozenset[str]]:
    return {frozenset(group.members) for group in inventory.groups(archive)}


def verdicts(archive: Archive) -> dict[str, Verdict]:
    return {d: v for group in inventory.groups(archive) for d, v in group.verdicts.items()}


def animation(frames: list[Image.Image]) -> bytes:
    first, *rest = frames
    options = {"duration": 100, "loop": 0, "save_all": True, "append_images": rest}
    return write(first, "WEBP", lossless=True, **options)


@pytest.fixture
def searched(archive: Archive) -> Archive:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN)})
    process(archive)
    duplicates.find_duplicates(archive)
    return archive


def test_near_copies_are_found_and_strangers_are_not(archive: Archive) -> None:
    fill(
        archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN), "hills": [picture(1, HILL_AGAIN)]}
    )
    process(archive)
    report = duplicates.find_duplicates(archive)
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN), names(HILL, HILL_AGAIN)}
    assert (report.images, report.groups, report.need_action, report.new_images) == (4, 2, 2, 4)
    assert set(verdicts(archive).values()) == {Verdict.NEW}
    for group in inventory.groups(archive):
        assert group.pairs
        assert all({pair.a, pair.b} == set(group.members) for pair in group.pairs)


def test_in_an_archive_without_images_nothing_is_found(archive: Archive) -> None:
    assert duplicates.find_duplicates(archive) == DuplicatesReport(0, 0, 0, 0, 0, 0)


def test_an_image_that_was_not_processed_is_not_compared(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(LAKE, LAKE_AGAIN)})
    assert duplicates.find_duplicates(archive) == DuplicatesReport(0, 0, 0, 0, 0, 0)


def test_whoever_compares_the_tiles_and_in_whatever_order_the_groups_are_the_same(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN)})
    process(archive)
    said = duplicates.find_duplicates(archive, dry_run=True, executor=Shuffled)
    assert said == duplicates.find_duplicates(archive) and said.groups > 0


def test_an_unknown_rule_is_refused_and_changes_nothing(searched: Archive) -> None:
    before = list(inventory.groups(searched))
    with pytest.raises(UsageProblem, match="the rules are hybrid, intersection, union"):
        duplicates.find_duplicates(searched, rule="none")
    assert list(inventory.groups(searched)) == before


def test_what_was_judged_stays_when_it_is_run_again(searched: Archive) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    judge(searched, LAKE_AGAIN, Verdict.SKIP)
    before = list(inventory.groups(searched))
    report = duplicates.find_duplicates(searched)
    assert list(inventory.groups(searched)) == before
    assert report == DuplicatesReport(
        images=4, groups=2, need_action=1, new_pairs=0, withdrawn_pairs=0, new_images=0
    )


def test_a_new_image_joins_the_group_as_new_and_what_was_judged_stays(searched: Archive) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    judge(searched, LAKE_AGAIN, Verdict.SKIP)
    numbers = {group.id for group in inventory.groups(searched)}
    fill(searched, {"more": [picture(50, LAKE_SMALL)]}, first_album=200)
    process(searched)
    report = duplicates.find_duplicates(searched)
    assert (report.images, report.need_action, report.new_images) == (5, 2, 1)
    found = verdicts(searched)
    assert found[digest_of(LAKE)] is Verdict.KEEP
    assert found[digest_of(LAKE_AGAIN)] is Verdict.SKIP
    assert found[digest_of(LAKE_SMALL)] is Verdict.NEW
    assert {group.id for group in inventory.groups(searched)} == numbers


def test_a_stricter_sensitivity_withdraws_pairs_and_no_verdict(searched: Archive) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    judge(searched, LAKE_AGAIN, Verdict.SKIP)
    before = verdicts(searched)
    off = {"percept": -1, "diff": -1, "average": -1, "wavelet": -1, "cnn": -1}
    sensitivities.change(searched, regular=off, animated=off)
    report = duplicates.find_duplicates(searched)
    assert report.withdrawn_pairs > 0
    assert (report.images, report.groups, report.need_action) == (0, 0, 0)
    assert grouped(searched) == set()
    sensitivities.change(searched, regular={"percept": 4, "diff": 4})
    report = duplicates.find_duplicates(searched)
    assert report.new_images == 4
    assert verdicts(searched) == before
    assert report.need_action == 1


def test_a_sensitivity_out_of_bounds_is_refused_with_the_bounds(searched: Archive) -> None:
    for wrong in (16, -2, 1.5):
        with pytest.raises(UsageProblem, match="from 0 to 15"):
            sensitivities.change(searched, regular={"percept": wrong})
    with pytest.raises(UsageProblem, match="stricter"):
        sensitivities.change(searched, animated={"percept": 5})
    with pytest.raises(UsageProblem, match="There is no method"):
        sensitivities.change(searched, regular={"pdq": 5})
    sensitivities.change(searched, regular={"percept": -1}, animated={"percept": 9})
    with searched.reading() as connection:
        assert sensitivities.in_force(connection).animated["percept"] == 9


def test_only_what_is_new_is_compared_and_a_second_search_compares_nothing(
    searched: Archive,
) -> None:
    def new(rule: str = "hybrid") -> set[int]:
        with searched.reading() as connection:
            return set(comparing.prepare(connection, rule).new)

    assert new() == set()
    fill(searched, {"more": [picture(50, LAKE_SMALL)]}, first_album=200)
    assert new() == set(), "it has no codes yet"
    process(searched)
    assert new() == {6}
    assert new("union") == {1, 2, 3, 4, 5, 6}
    assert duplicates.find_duplicates(searched).new_images == 1
    assert new() == set()
    sensitivities.change(searched, regular={"percept": 3})
    assert new() == {1, 2, 3, 4, 5, 6}
    duplicates.find_duplicates(searched)
    with searched.writing() as connection:
        connection.exec_driver_sql("DELETE FROM encoding WHERE image_id = 2")
    process(searched)
    assert new() == set(), "the same codes were compared"


def test_a_dry_run_says_what_would_be_and_changes_nothing(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, LAKE_AGAIN)})
    process(archive)
    said = duplicates.find_duplicates(archive, dry_run=True)
    assert (said.images, said.groups, said.need_action) == (2, 1, 1)
    assert list(inventory.groups(archive)) == []
    assert duplicates.find_duplicates(archive) == said
    assert set(said.new_digests) == names(LAKE, LAKE_AGAIN)


def test_in_batches_of_any_order_the_groups_are_the_same(tmp_path: Path) -> None:
    pictures = [LAKE, LAKE_AGAIN, LAKE_SMALL, HILL, HILL_AGAIN, SKY]
    found = []
    for number, order in enumerate([[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 4, 0, 5, 3, 1]]):
        with Archive.open_or_create(tmp_path / str(number)) as archive:
            for n, start in enumerate((0, 2, 4)):
                batch = numbered(*(pictures[k] for k in order[start : start + 2]), first=10 * n + 1)
                fill(archive, {f"album {n}": batch}, first_album=100 + n)
                process(archive)
                duplicates.find_duplicates(archive)
            found.append(grouped(archive))
    assert (
        found[0]
        == found[1]
        == found[2]
        == {
            names(LAKE, LAKE_AGAIN, LAKE_SMALL),
            names(HILL, HILL_AGAIN),
        }
    )


def test_animations_that_share_only_their_first_frame_are_no_group(archive: Archive) -> None:
    one, other = (
        animation([landscape(seed, (160, 120)) for seed in seeds])
        for seeds in ((1, 2, 3, 4), (1, 5, 6, 7))
    )
    again = write_again(one)
    fill(archive, {"films": numbered(one, other, again)})
    process(archive)
    duplicates.find_duplicates(archive)
    assert grouped(archive) == {names(one, again)}
    duplicates.find_duplicates(archive, rule="union")
    assert grouped(archive) == {names(one, other, again)}


def test_an_animation_that_begins_elsewhere_and_runs_mirrored_is_in_one_group(
    archive: Archive,
) -> None:
    frames = [landscape(seed, (160, 120)) for seed in range(6)]
    one = animation(frames)
    other = animation([ImageOps.mirror(frame) for frame in (*frames[2:], *frames[:2])])
    fill(
        archive,
        {
            "films": numbered(
                one,
                other,
                animation([*frames[4:], *(landscape(seed, (160, 120)) for seed in (9, 10, 11))]),
            )
        },
    )
    process(archive)
    duplicates.find_duplicates(archive)
    (group,) = inventory.groups(archive)
    assert group.members == tuple(sorted(names(one, other)))
    assert {pair.method: pair.score for pair in group.pairs} == {"motion": 1.0}


def test_a_still_of_an_animation_is_a_frame_of_it_and_in_no_group_with_it(archive: Archive) -> None:
    frames = [landscape(seed, (320, 240)) for seed in range(1, 7)]
    film, first, later = animation(frames), write(frames[0], "PNG"), write(frames[4], "PNG")
    fill(archive, {"films": numbered(film, first, write(frames[0], "JPEG"), later)})
    process(archive)
    duplicates.find_duplicates(archive)
    assert grouped(archive) == {names(first, write(frames[0], "JPEG"))}
    with archive.reading() as connection:
        found = {tuple(row[:3]) for row in pair_rows.every(connection) if row[0] == "frame"}
    assert found == {("frame", 1, 2), ("frame", 1, 3), ("frame", 1, 4)}
    said = {entry.image.digest: entry.related for entry in inventory.entries(archive)}
    assert said[digest_of(later)] == (Related(Relation.FRAME, digest_of(film)),)
    assert {each.relation for each in said[digest_of(film)]} == {Relation.ANIMATION}
    assert len(said[digest_of(film)]) == 3


def test_an_animation_of_which_another_reel_was_made_is_compared_when_it_has_its_own_again(
    archive: Archive,
) -> None:
    frames = [landscape(seed, (160, 120)) for seed in range(4)]
    film, again = animation(frames), animation(frames[1:] + frames[:1])
    fill(archive, {"films": numbered(film, again)})
    process(archive)
    with archive.writing() as connection:
        connection.execute(update(encoder).where(encoder.c.method == "motion").values(version="0"))
    assert derive.unseen(archive) == 2
    duplicates.find_duplicates(archive)
    assert grouped(archive) == set()
    process(archive)
    assert derive.unseen(archive) == 0
    duplicates.find_duplicates(archive)
    assert grouped(archive) == {names(film, again)}


def write_again(film: bytes) -> bytes:
    opened = Image.open(BytesIO(film))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(opened)]
    options = {"duration": 120, "loop": 0, "save_all": True, "append_images": frames[1:]}
    return write(frames[0], "WEBP", quality=90, **options)


def test_a_place_that_is_the_only_one_left_is_judged_no_more(searched: Archive) -> None:
    judge_places = "UPDATE listing SET verdict = 'skip' WHERE site_id = 1201"
    with searched.writing() as connection:
        connection.exec_driver_sql(judge_places)
    duplicates.find_duplicates(searched)
    with searched.reading() as connection:
        left = connection.exec_driver_sql("SELECT verdict FROM listing WHERE site_id = 1201")
        assert left.scalar() == "new"


def test_an_update_of_a_library_loses_no_verdict_before_images_are_processed_again(
    searched: Archive,
) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    before = list(inventory.groups(searched))
    with searched.writing() as connection:
        connection.exec_driver_sql("UPDATE encoder SET version = 'of a former year'")
    report = duplicates.find_duplicates(searched)
    assert list(inventory.groups(searched)) == before
    assert report.withdrawn_pairs == 0
    process(searched)
    duplicates.find_duplicates(searched)
    assert list(inventory.groups(searched)) == before


def test_an_image_that_is_dropped_while_the_search_runs_is_in_no_pair(searched: Archive) -> None:
    with searched.writing() as connection:
        search = comparing.prepare(connection, "hybrid")
        gone = {("percept", 1, 999): 0.0}
        again = replace(search, new={1: 15})
        found = {tuple(row[:3]): row[3] for row in pair_rows.every(connection)}
        changes = deciding.plan(connection, again, found | gone, Compared(np.arange(1, 6)))
    assert changes.found == {}
    assert changes.withdrawn == frozenset()


GROUPS = st.permutations(range(1, 13)).flatmap(
    lambda images: st.lists(st.integers(1, 11), max_size=4).map(
        lambda cuts: tuple(
            sorted(
                tuple(sorted(images[a:b]))
                for a, b in pairwise([0, *sorted(set(cuts)), 12])
                if b - a > 1
            )
        )
    )
)
KNOWN = st.dictionaries(
    st.integers(1, 12),
    st.builds(Membership, st.integers(1, 4), st.sampled_from(Verdict), st.booleans()),
)
Parts = tuple[tuple[int, ...], ...]


def present(known: Mapping[int, Membership]) -> set[int]:
    return {image for image, each in known.items() if each.present}


def after(plan: Regrouping, known: Mapping[int, Membership]) -> dict[int, Membership]:
    made = [*plan.into.items(), *enumerate(plan.fresh, start=100)]
    moved = {image: number for number, part in made for image in part}
    return {
        image: Membership(
            moved.get(image, known[image].group_id if image in known else 0),
            known[image].verdict if image in known else Verdict.NEW,
            present=image in moved,
        )
        for image in known.keys() | moved.keys()
    }


@given(GROUPS, KNOWN)
def test_each_image_goes_to_one_group_or_leaves(
    groups: Parts, known: Mapping[int, Membership]
) -> None:
    plan = regroup(groups, known, within=present(known))
    placed = [image for part in [*plan.into.values(), *plan.fresh] for image in part]
    assert sorted(placed) == sorted(image for group in groups for image in group)
    assert plan.leave == present(known) - set(placed)
    for number, part in plan.into.items():
        assert any(known[i].group_id == number for i in part if i in present(known))


@given(GROUPS, KNOWN)
def test_regrouping_twice_changes_nothing_more(
    groups: Parts, known: Mapping[int, Membership]
) -> None:
    plan = regroup(groups, known, within=present(known))
    then = after(plan, known)
    again = regroup(groups, then, within=present(then))
    assert dict(again.into) == dict([*plan.into.items(), *enumerate(plan.fresh, start=100)])
    assert again.fresh == () and again.leave == frozenset()


def test_a_group_that_several_judged_ones_became_wants_a_look() -> None:
    keep, new = Verdict.KEEP, Verdict.NEW
    known = {
        1: Membership(1, keep),
        2: Membership(1, new),
        3: Membership(2, keep),
        4: Membership(2, new),
    }
    assert regroup([(1, 2, 3, 4)], known, within=known).to_look == {(1, 2, 3, 4)}
    assert regroup([(1, 2), (3, 4)], known, within=known).to_look == frozenset()
    unjudged = {**known, 3: Membership(2, new)}
    assert regroup([(1, 2, 3, 4)], unjudged, within=known).to_look == frozenset()


def test_a_group_of_which_only_skipped_images_are_left_wants_a_look() -> None:
    known = {
        n: Membership(1, v) for n, v in enumerate([Verdict.KEEP, Verdict.SKIP, Verdict.SKIP], 1)
    }
    assert regroup([(2, 3)], known, within=known).to_look == {(2, 3)}


def test_a_search_tells_which_method_is_at_work_and_how_far_it_is(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN)})
    process(archive)
    told: list[tuple[str, float | None]] = []
    duplicates.find_duplicates(archive, tell=lambda step, part: told.append((step, part)))
    assert told[0] == ("Reading codes", None)
    assert ("Comparing 5 of 5 images with all by percept", 0) in told
    assert told[-2:] == [("Grouping", None), ("Looking for the best of each group", 0)]


def turned(degrees: float) -> bytes:
    """A vector of the network, at this angle to the first axis."""
    angle = math.radians(degrees)
    return embedding.quantised(np.array([math.cos(angle), math.sin(angle)], np.float32)).tobytes()


def encode(archive: Archive, model: str, degrees: Mapping[bytes, float]) -> None:
    """Give images vectors of a network."""
    with archive.writing() as connection:
        number = images.add_encoder(connection, CNN, model)
        rows = {images.by_digest(connection, digest_of(data)): at for data, at in degrees.items()}
        derived.save_vectors(
            connection, number, {row.id: turned(at) for row, at in rows.items() if row is not None}
        )


ANGLES = {LAKE: 0, LAKE_AGAIN: 1, LAKE_SMALL: 2, HILL: 60, HILL_AGAIN: 61, SKY: 120}


def test_many_new_images_are_compared_in_portions_to_the_same_groups(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN, LAKE_SMALL)})
    process(archive)
    encode(archive, "net", ANGLES)
    at_once = duplicates.find_duplicates(archive, dry_run=True)
    monkeypatch.setattr(portions, "_PORTION", 2)
    steps: list[str] = []
    report = duplicates.find_duplicates(archive, tell=lambda step, _: steps.append(step))
    assert replace(report, new_digests=()) == replace(at_once, new_digests=())
    assert set(report.new_digests) == set(at_once.new_digests)
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN, LAKE_SMALL), names(HILL, HILL_AGAIN)}
    assert "Comparing 2 of 4 images with all by percept, 2 wait" in steps
    found = {group.members: group.pairs for group in inventory.groups(archive)}
    report = duplicates.find_duplicates(archive, rule="union")
    assert report.withdrawn_pairs == 0
    assert {group.members for group in inventory.groups(archive)} == found.keys()


def test_many_new_images_are_compared_in_portions_by_hashes_alone_too(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN, LAKE_SMALL)})
    process(archive)
    at_once = duplicates.find_duplicates(archive, dry_run=True)
    monkeypatch.setattr(portions, "_PORTION_OF_HASHES", 2)
    steps: list[str] = []
    report = duplicates.find_duplicates(archive, tell=lambda step, _: steps.append(step))
    assert replace(report, new_digests=()) == replace(at_once, new_digests=())
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN, LAKE_SMALL), names(HILL, HILL_AGAIN)}
    assert "Comparing 2 of 4 images with all by percept, 2 wait" in steps


def test_a_search_that_is_stopped_goes_on_after_the_last_portion(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, {"lakes": numbered(LAKE, LAKE_AGAIN, HILL, SKY, HILL_AGAIN)})
    process(archive)
    encode(archive, "net", {data: at for data, at in ANGLES.items() if data != LAKE_SMALL})
    monkeypatch.setattr(portions, "_PORTION", 2)

    def stop(step: str, _: float | None) -> None:
        if step.startswith("Comparing 2 of 4"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        duplicates.find_duplicates(archive, tell=stop)
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN)}
    with archive.reading() as connection:
        assert len(comparing.prepare(connection, "hybrid").new) == 3
    assert duplicates.find_duplicates(archive).new_images == 2
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN), names(HILL, HILL_AGAIN)}


NEAR_20 = 0.9397
"""The cosine of 20 degrees: near for our own network, not for imagededup's."""


@pytest.mark.parametrize(
    ("vectors_of", "threshold", "pairs"),
    [
        (DEFAULT, None, 1),
        (DEFAULT, NEAR_20 - 0.01, 1),
        (DEFAULT, NEAR_20 + 0.01, 0),
        (MOBILENET_V3_SMALL, None, 0),
    ],
    ids=["its own", "laxer", "stricter", "another network's own"],
)
def test_the_sensitivity_is_that_of_the_network_or_the_settings(
    archive: Archive, vectors_of: Model, threshold: float | None, pairs: int
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL)})
    process(archive)
    encode(archive, vectors_of.id, {LAKE: 0, HILL: 20})
    wanted = for_search(replace(OWN, model=DEFAULT.name, threshold=threshold))
    report = duplicates.find_duplicates(archive, rule="union", model=wanted)
    assert report.new_pairs == pairs


def test_another_threshold_compares_all_again_and_withdraws_what_is_no_longer_near(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL)})
    process(archive)
    encode(archive, DEFAULT.id, {LAKE: 0, HILL: 20})
    assert duplicates.find_duplicates(archive, rule="union").new_pairs == 1
    strict = for_search(replace(OWN, model=DEFAULT.name, threshold=NEAR_20 + 0.01))
    assert duplicates.find_duplicates(archive, rule="union", model=strict).withdrawn_pairs == 1
    assert duplicates.find_duplicates(archive, rule="union", model=strict).withdrawn_pairs == 0
    assert duplicates.find_duplicates(archive, rule="union").new_pairs == 1


def test_a_sensitivity_of_the_archive_is_for_the_network_that_it_was_set_for(
    archive: Archive,
) -> None:
    sensitivities.change(archive, regular={"cnn": 0.99, "percept": 3}, animated={"cnn": 0.99})
    with archive.reading() as connection:
        own = sensitivities.in_force(connection, methods(DEFAULT))
        other = sensitivities.in_force(connection, methods(MOBILENET_V3_SMALL))
    assert (own.regular["cnn"], own.regular["percept"]) == (0.99, 3)
    assert (other.regular["cnn"], other.regular["percept"]) == (MOBILENET_V3_SMALL.regular, 3)
    assert own.regular["diff"] == 4


def test_a_threshold_out_of_the_networks_bounds_is_a_sentence() -> None:
    with pytest.raises(UsageProblem, match=r"for efficientnet_lite0 give a number from 0\.7 to 1"):
        for_search(replace(OWN, model=DEFAULT.name, threshold=0.5))


def test_an_image_that_leaves_its_group_in_a_later_portion_is_not_new_in_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY)})
    process(archive)
    encode(archive, "net", {LAKE: 0, HILL: 31.5, SKY: 61.5})
    at_once = duplicates.find_duplicates(archive, rule="union", dry_run=True)
    monkeypatch.setattr(portions, "_PORTION", 2)
    report = duplicates.find_duplicates(archive, rule="union")
    assert set(report.new_digests) == set(at_once.new_digests) == names(HILL, SKY)
    assert report.new_images == report.images == 2


def test_pairs_of_the_network_stay_while_another_one_takes_its_place(archive: Archive) -> None:
    pictures = (LAKE, HILL, SKY, photo(4), photo(5), photo(6))
    fill(archive, {"lakes": numbered(*pictures)})
    process(archive)
    angles = dict(zip(pictures, (0, 1, 80, 81, 2, 82), strict=True))
    encode(archive, "first", angles)
    duplicates.find_duplicates(archive, rule="union")
    before = grouped(archive)
    assert len(before) == 2
    for data in pictures[:-1]:
        encode(archive, "second", {data: angles[data]})
        assert duplicates.find_duplicates(archive, rule="union").withdrawn_pairs == 0
        assert grouped(archive) == before
    encode(archive, "second", {pictures[-1]: 40})
    assert duplicates.find_duplicates(archive, rule="union").withdrawn_pairs == 2
    assert grouped(archive) == {names(LAKE, HILL, photo(5)), names(SKY, photo(4))}


@pytest.mark.parametrize("go", [remove, unsound])
def test_an_image_that_goes_before_the_groups_are_made_is_passed_over(
    archive: Archive, go: Callable[[Archive, bytes], None]
) -> None:
    fill(archive, {"lakes": numbered(LAKE, LAKE_AGAIN, HILL, LAKE_SMALL)})
    process(archive)

    def drop(step: str, _: float | None) -> None:
        if step == "Grouping":
            go(archive, LAKE_SMALL)

    report = duplicates.find_duplicates(archive, tell=drop)
    assert (report.images, report.groups) == (2, 1)
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN)}
    assert duplicates.find_duplicates(archive).new_pairs == 0
