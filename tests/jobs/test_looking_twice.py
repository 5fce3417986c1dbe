"""A second look decides what one witness alone says, and what it saw is kept."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from fapproc.archive import Archive
from fapproc.db import derived, images, settings
from fapproc.dedup.registry import HASHES
from fapproc.dedup.second_look import LOOKER
from fapproc.executors.here import Here
from fapproc.jobs import duplicates, inventory, looking_twice, portions
from fapproc.jobs.comparing import Compared
from fapproc.jobs.duplicates import DuplicatesReport
from fapproc.jobs.explain import explain
from fapproc.jobs.portions import BRIEF, THOROUGH, Amount
from fapproc.jobs.recording import COMPARED
from fapproc.model import Verdict
from fapproc.vault.store import digest_of
from tests.dedup.test_second_look import cropped, scene, with_words
from tests.drawing import write
from tests.jobs.test_duplicates import encode, grouped, names
from tests.shelves import fill, flip, judge, numbered, process, thumbnail

NETWORK = "net"


def jpeg(image: Image.Image) -> bytes:
    return write(image, "JPEG", quality=90)


ONE, OTHER, THIRD = (scene(seed) for seed in (3, 5, 8))
WHOLE, STRANGER = jpeg(ONE), jpeg(OTHER)
MIRRORED = jpeg(ImageOps.mirror(ONE))
PART = jpeg(ONE.crop((27, 20, 243, 180)))


def filled(archive: Archive, *pictures: bytes, first: int = 1201, album: int = 111) -> None:
    """Take pictures in that only the network finds near, each to each other one."""
    fill(archive, {f"lakes {album}": numbered(*pictures, first=first)}, first_album=album)
    process(archive)
    encode(archive, NETWORK, dict.fromkeys(pictures, 0))


ONE_PASS = replace(THOROUGH, more=0)


def search(archive: Archive, amount: Amount = THOROUGH) -> tuple[DuplicatesReport, list[str]]:
    """Run `dedup`: what came of it, and what it said of looking twice."""
    steps: list[str] = []
    report = duplicates.find_duplicates(
        archive, amount=amount, tell=lambda step, _: steps.append(step)
    )
    return report, [step for step in steps if step.startswith("A second look")]


def seen(archive: Archive) -> dict[frozenset[int], bool]:
    with archive.reading() as connection:
        rows = connection.exec_driver_sql("SELECT a_id, b_id, same FROM second_look")
        return {frozenset(row[:2]): bool(row[2]) for row in rows}


def test_of_what_the_network_alone_says_only_what_a_second_look_calls_the_same_stands(
    archive: Archive,
) -> None:
    filled(archive, WHOLE, STRANGER, PART)
    said = duplicates.find_duplicates(archive, dry_run=True)
    assert said.groups == 1
    assert seen(archive) == {}, "a trial run writes nothing"
    report, looked = search(archive)
    assert report == said
    assert set(looked) == {"A second look at 3 pairs"}
    assert grouped(archive) == {names(WHOLE, PART)}
    assert seen(archive) == {
        frozenset({1, 2}): False,
        frozenset({1, 3}): True,
        frozenset({2, 3}): False,
    }
    assert search(archive) == (DuplicatesReport(2, 1, 1, 0, 0, 0), [])
    filled(archive, MIRRORED, first=1301, album=120)
    report, looked = search(archive)
    assert (report.images, report.new_images) == (3, 1)
    assert set(looked) == {"A second look at 3 pairs"}
    assert len(seen(archive)) == 5, "with one of a group it stands with the other too"


def test_whoever_is_given_to_compare_looks_twice_as_well(archive: Archive) -> None:
    filled(archive, WHOLE, PART)
    given: list[str] = []

    def make(function: Callable[[Any], Any]) -> Here[Any, Any]:
        given.append(getattr(function, "__name__", ""))
        return Here(function)

    assert duplicates.find_duplicates(archive, executor=make).groups == 1
    assert given.count("compare") > 1
    assert given.count("look_one") == 1


def test_a_search_that_is_stopped_keeps_what_was_seen(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "_BATCH", 1)
    filled(archive, WHOLE, STRANGER, jpeg(THIRD))

    def stop(step: str, part: float | None) -> None:
        if step.startswith("A second look") and part and part > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        duplicates.find_duplicates(archive, tell=stop)
    assert seen(archive) == {frozenset({1, 2}): False}
    assert search(archive)[1][0] == "A second look at 2 pairs"


def test_one_run_looks_at_all_few_by_few(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_twice, "NEAREST", 1)
    filled(archive, WHOLE, STRANGER, jpeg(THIRD), jpeg(scene(11)))
    monkeypatch.setattr(looking_twice, "_BATCH", 1)
    told: list[tuple[str, float | None]] = []
    report = duplicates.find_duplicates(archive, tell=lambda *step: told.append(step))
    assert (report.unfinished, report.nearest_left, len(seen(archive))) == (0, 0, 6)
    parts = [part or 0 for step, part in told if step == "A second look at 6 pairs"]
    assert parts == sorted(parts) and (parts[0], parts[-1]) == (0, 1), "all passes in one bar"
    assert search(archive)[1] == []


def test_of_each_picture_the_nearest_few_are_looked_at_and_later_searches_go_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "NEAREST", 1)
    filled(archive, WHOLE, STRANGER, jpeg(THIRD), jpeg(scene(11)))
    counts: list[tuple[int, int]] = []
    while len(counts) < 6:
        report, _ = search(archive, ONE_PASS)
        counts.append((report.unfinished, len(seen(archive))))
        if not report.unfinished:
            break
    assert counts[0][0] > 0 and counts[0][1] < 6
    assert counts[-1] == (0, 6)
    assert search(archive)[1] == []


def test_of_those_that_were_there_before_none_asks_for_a_look_of_its_own(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has one new pair, which is its nearest: 1,000 new asked a million for 104,000 looks."""
    monkeypatch.setattr(looking_twice, "NEAREST", 1)
    known = (STRANGER, jpeg(THIRD), jpeg(scene(11)))
    filled(archive, *known)
    while search(archive)[0].unfinished:
        pass
    before = len(seen(archive))
    filled(archive, WHOLE, first=1301, album=120)
    search(archive, ONE_PASS)
    assert len(seen(archive)) == before + 1


def test_a_brief_search_leaves_what_was_compared_before_to_the_next(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "NEAREST", 1)
    filled(archive, WHOLE, STRANGER, jpeg(THIRD), jpeg(scene(11)))
    before = search(archive, BRIEF)[0].unfinished
    assert before
    fill(archive, {"more": numbered(PART, first=1301)}, first_album=120)
    process(archive)
    encode(archive, NETWORK, {PART: 90})
    report, looked = search(archive, BRIEF)
    assert (report.unfinished, looked) == (before, [])
    assert search(archive, BRIEF)[1] == []
    assert search(archive)[0].unfinished == 0


def test_pairs_whose_thumbnails_cannot_be_read_wait_and_what_stood_stays(archive: Archive) -> None:
    filled(archive, WHOLE, PART)
    assert search(archive)[0].groups == 1
    forget(archive)
    flip(thumbnail(archive, PART))
    report, _ = search(archive)
    assert (report.unseen, report.groups, report.withdrawn_pairs) == (1, 1, 0)
    filled(archive, MIRRORED, first=1301, album=120)
    report, _ = search(archive)
    assert (report.unseen, report.images, report.unfinished) == (2, 3, 2)
    flip(thumbnail(archive, PART))
    report, _ = search(archive)
    assert (report.unseen, report.unfinished, report.images) == (0, 0, 3)


def test_what_a_person_judged_stands_and_other_pairs_that_stood_are_looked_at(
    archive: Archive,
) -> None:
    filled(archive, WHOLE, STRANGER)
    filled(archive, jpeg(THIRD), jpeg(scene(11)), first=1301, album=120)
    encode(archive, NETWORK, {jpeg(THIRD): 90, jpeg(scene(11)): 90})
    duplicates.find_duplicates(archive, rule="union")
    assert len(grouped(archive)) == 2
    judge(archive, WHOLE, Verdict.KEEP)
    judge(archive, STRANGER, Verdict.SKIP)
    report, _ = search(archive)
    assert grouped(archive) == {names(WHOLE, STRANGER)}
    assert report.withdrawn_pairs > 0
    assert report.reweighed == 1
    assert search(archive)[0].reweighed == 0
    assert seen(archive) == {frozenset({3, 4}): False}
    [group] = inventory.groups(archive)
    assert set(group.verdicts.values()) == {Verdict.KEEP, Verdict.SKIP}


def trusted(archive: Archive) -> bytes:
    """Take in three pictures that the hashes call one, of which the second is another; the third.

    The network calls them near, too.
    """
    other = jpeg(ImageOps.colorize(ONE.convert("L"), "black", "red"))
    again = write(ONE, "JPEG", quality=60)
    filled(archive, WHOLE, other, again)
    with archive.reading() as connection:
        codes = derived.codes_of(connection, [1])[1]
    with archive.writing() as connection:
        numbers = {
            name: images.add_encoder(connection, name, HASHES[name].identity()) for name in codes
        }
        alike = {numbers[name]: code for name, code in codes.items()}
        images.save_codes(connection, {2: alike, 3: alike})
    encode(archive, NETWORK, {WHOLE: 0, other: 30, again: 12})
    return again


def test_what_two_methods_say_stands_unless_a_look_refuses_it_or_where_none_is_possible(
    archive: Archive,
) -> None:
    again = trusted(archive)
    flip(thumbnail(archive, again))
    report, _ = search(archive)
    assert seen(archive) == {frozenset({1, 2}): False}
    assert grouped(archive) == {names(WHOLE, again)}
    assert report.unseen > 0
    flip(thumbnail(archive, again))
    assert search(archive)[0].unseen == 0
    assert grouped(archive) == {names(WHOLE, again)}


def test_what_two_methods_say_and_waits_for_its_look_is_in_no_group_before_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 1,120 small things 43 pairs stood after the first search, and the next one refused all."""
    monkeypatch.setattr(portions, "_REFUSALS", 0)
    again = trusted(archive)
    report, _ = search(archive, replace(NO_NEAREST, refusals=0))
    assert (seen(archive), grouped(archive), report.unfinished) == ({}, set(), 3)
    search(archive)
    assert grouped(archive) == {names(WHOLE, again)}


def changed(codes: Mapping[str, bytes], bits: int) -> dict[str, bytes]:
    """Codes of which these bits are the other way round."""
    return {
        name: (int.from_bytes(code, "big") ^ bits).to_bytes(len(code), "big")
        for name, code in codes.items()
    }


def test_a_brief_search_looks_first_at_what_two_methods_say(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "_FEWEST", 1)
    monkeypatch.setattr(portions, "_REFUSALS", 0)
    again, third = trusted(archive), jpeg(THIRD)
    with archive.writing() as connection:  # less alike than the strangers are
        for number, bits in ((2, 0b111), (3, 0b111000)):
            codes = derived.codes_of(connection, [number])[number]
            made = {
                images.add_encoder(connection, name, HASHES[name].identity()): code
                for name, code in changed(codes, bits).items()
            }
            images.save_codes(connection, {number: made})
    filled(archive, STRANGER, third, first=1301, album=120)
    encode(archive, NETWORK, {STRANGER: 90, third: 91})
    search(archive, replace(NO_NEAREST, refusals=1 / 5))
    assert grouped(archive) == {names(WHOLE, again)}
    assert sorted(seen(archive).values()) == [False, True]


@pytest.mark.parametrize("way", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180])
def test_a_turned_picture_is_found_and_stands_with_whatever_stands_with_the_upright_one(
    archive: Archive, way: Image.Transpose
) -> None:
    turned = jpeg(ONE.transpose(way))
    filled(archive, WHOLE, PART, STRANGER)
    filled(archive, turned, first=1301, album=120)
    encode(archive, NETWORK, {turned: 90})
    search(archive)
    assert grouped(archive) == {names(WHOLE, PART, turned)}
    [group] = inventory.groups(archive)
    (seen_so,) = (each.look for each in group.looks if {each.a, each.b} == names(WHOLE, turned))
    assert seen_so.same and seen_so.turned != 0
    assert {"turned"} == {
        pair.method for pair in group.pairs if {pair.a, pair.b} == names(WHOLE, turned)
    }
    assert search(archive) == (DuplicatesReport(3, 1, 1, 0, 0, 0), [])


def forget(archive: Archive) -> None:
    """Let everything be compared and looked at again, as by a looker that has changed."""
    with archive.writing() as connection:
        connection.exec_driver_sql(f"UPDATE second_look SET looker = {LOOKER - 1}")
        settings.write(connection, COMPARED, {"looker": LOOKER - 1})


def test_the_nearest_is_looked_at_however_far_and_stays_when_strangers_come_nearer(
    archive: Archive,
) -> None:
    words, strangers = jpeg(with_words(ONE)), [jpeg(scene(seed)) for seed in (11, 12, 14)]
    fill(archive, {"lakes 111": numbered(WHOLE, words)}, first_album=111)
    process(archive)
    encode(archive, NETWORK, {WHOLE: 0, words: 60})
    search(archive)
    assert grouped(archive) == {names(WHOLE, words)}
    said = explain(archive, digest_of(WHOLE), digest_of(words))
    assert said.accepted and said.together
    fill(archive, {"lakes 120": numbered(*strangers, first=1301)}, first_album=120)
    process(archive)
    encode(archive, NETWORK, dict(zip(strangers, (50, 48, 46), strict=True)))
    search(archive)
    with archive.writing() as connection:
        settings.write(connection, COMPARED, {})  # as after a change: all are compared again
    report, _ = search(archive)
    assert report.withdrawn_pairs == 0
    assert grouped(archive) == {names(WHOLE, words)}


def beside(archive: Archive, *angles: float) -> tuple[bytes, bytes]:
    """A picture, its middle, and strangers; the network sees them far apart."""
    part = jpeg(cropped(ONE, 0.2))
    pictures = WHOLE, part, *(jpeg(scene(seed)) for seed in range(11, 11 + len(angles)))
    fill(archive, {"lakes 111": numbered(*pictures)}, first_album=111)
    process(archive)
    encode(archive, NETWORK, dict(zip(pictures, (0, 60, *angles), strict=True)))
    return WHOLE, part


NO_NEAREST = replace(BRIEF, near=0)


def test_the_nearest_of_many_new_ones_wait_for_the_next_search_that_goes_on(
    archive: Archive,
) -> None:
    found = beside(archive)
    report, looked = search(archive, NO_NEAREST)
    assert (report.nearest_left, report.groups, looked) == (2, 0, [])
    assert search(archive, NO_NEAREST)[0].nearest_left == 2
    said = duplicates.find_duplicates(archive, dry_run=True)
    report, _ = search(archive)
    assert (report.nearest_left, report.groups, said.groups) == (0, 1, 1)
    assert grouped(archive) == {names(*found)}
    assert search(archive)[1] == []
    assert search(archive, NO_NEAREST)[0].nearest_left == 0


def test_what_a_brief_search_leaves_of_pictures_that_are_all_alike_a_later_one_finds(
    archive: Archive,
) -> None:
    filled(archive, WHOLE, STRANGER, PART, MIRRORED, jpeg(THIRD))
    few = replace(NO_NEAREST, each=1)
    report, looked = search(archive, few)
    assert report.unfinished == 5 and looked
    assert not any(step.endswith("10 pairs") for step in looked), "each with each other one"
    report, _ = search(archive)
    assert report.unfinished == 0 and grouped(archive) == {names(WHOLE, PART, MIRRORED)}
    with archive.writing() as connection:
        settings.write(connection, COMPARED, None)  # all are compared again
    assert search(archive, few)[0].withdrawn_pairs == 0
    assert grouped(archive) == {names(WHOLE, PART, MIRRORED)}


def test_of_images_of_which_only_the_nearest_were_asked_for_no_pair_is_known_to_be_none() -> None:
    compared = Compared(np.array([1, 2, 3]), in_part=frozenset({2}))
    assert compared.tells_of(("percept", 1, 3))
    assert not compared.tells_of(("percept", 1, 2)) and not compared.tells_of(("percept", 1, 4))


def test_the_nearest_of_few_new_ones_are_looked_at_at_once(archive: Archive) -> None:
    found = beside(archive)
    report, _ = search(archive, BRIEF)
    assert (report.nearest_left, report.groups) == (0, 1)
    assert grouped(archive) == {names(*found)}


def test_a_search_that_is_stopped_keeps_of_whom_the_nearest_were_looked_at(
    archive: Archive,
) -> None:
    beside(archive, 200, 201)
    search(archive, NO_NEAREST)
    one_by_one = replace(THOROUGH, near=1)
    told: list[str] = []

    def stop(step: str, _: float | None) -> None:
        if step.startswith("Finding the nearest"):
            told.append(step)
        if len(told) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        duplicates.find_duplicates(archive, amount=one_by_one, tell=stop)
    assert search(archive, NO_NEAREST)[0].nearest_left == 2
    assert search(archive, one_by_one)[0].nearest_left == 0
    assert len(grouped(archive)) == 1


def test_the_nearest_are_sought_among_so_many_in_one_run_and_the_others_are_told(
    archive: Archive,
) -> None:
    beside(archive, 200, 201)
    search(archive, NO_NEAREST)
    some = replace(THOROUGH, near=1, couples=8)
    assert [search(archive, some)[0].nearest_left for _ in range(3)] == [2, 0, 0]


def test_with_a_new_vector_the_nearest_are_looked_at_anew_and_without_a_thumbnail_none(
    archive: Archive,
) -> None:
    beside(archive)
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE image SET thumb_digest = NULL")
    assert search(archive)[0].nearest_left == 0
    process(archive)
    assert search(archive, NO_NEAREST)[0].nearest_left == 2
    assert search(archive)[0].nearest_left == 0
    filled(archive, MIRRORED, first=1301, album=120)
    with archive.writing() as connection:
        connection.exec_driver_sql("DELETE FROM vector WHERE image_id = 1")
    search(archive)
    encode(archive, NETWORK, {WHOLE: 3})
    assert search(archive, NO_NEAREST)[0].nearest_left == 1


def test_a_brief_search_looks_at_the_most_similar_first_and_ends_when_it_refused_some(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "_FEWEST", 1)
    monkeypatch.setattr(portions, "_REFUSALS", 0)
    pictures = (WHOLE, PART, STRANGER, jpeg(THIRD), jpeg(scene(11)))
    fill(archive, {"lakes 111": numbered(*pictures)}, first_album=111)
    process(archive)
    encode(archive, NETWORK, dict(zip(pictures, (0, 20, 90, 91, 92), strict=True)))
    report, _ = search(archive, replace(NO_NEAREST, refusals=1 / 5))
    assert grouped(archive) == set()
    assert set(seen(archive).values()) == {False} and report.unfinished
    search(archive)
    assert grouped(archive) == {names(WHOLE, PART)}
