import statistics
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import (
    counting,
    derived,
    duplicates,
    images,
    judgements,
    kept_figures,
    pairs,
    schema,
)
from fapproc.db.derived import MissingParts, WantedParts
from fapproc.db.figures import Spread
from fapproc.model import Facts, Format, Image
from tests.db.memory import rows_in_memory

DIGESTS = [f"{n:064x}" for n in range(1, 200)]
THUMB = (10, "c" * 64, Format.WEBP)


def test_the_same_content_is_one_row(archive: Archive) -> None:
    with archive.writing() as connection:
        one = images.add(connection, "a" * 64, 5, Format.JPG, 100)
        assert images.add(connection, "a" * 64, 5, Format.JPG, 200) == one
        other = images.add(connection, "b" * 64, 6, Format.PNG, 300)
        assert other != one
        stored = images.by_digest(connection, "a" * 64)
        assert stored == images.Stored(one, Image("a" * 64, 5, Format.JPG, 100))
        assert images.by_digest(connection, "c" * 64) is None
        assert images.digests(connection) == {one: "a" * 64, other: "b" * 64}


def test_images_are_found_by_more_digests_and_numbers_than_a_statement_takes(
    archive: Archive,
) -> None:
    many = range(250_001)
    with archive.writing() as connection:
        number = images.add(connection, f"{7:064x}", 5, Format.JPG, 100)
        assert [*images.by_digests(connection, (f"{n:064x}" for n in many))] == [f"{7:064x}"]
        assert [*images.by_ids(connection, many)] == [number]
        assert duplicates.group_numbers(connection, many) == {}
        assert judgements.verdicts_of(connection, many) == {}
        assert pairs.different_among(connection, many) == set()


def test_what_is_derived_comes_back_with_the_image(archive: Archive) -> None:
    with archive.writing() as connection:
        number = images.add(connection, "a" * 64, 5, Format.GIF, 100)
        assert images.set_derived(connection, number, Facts(4, 3, animated=True), THUMB)
        stored = images.by_digest(connection, "a" * 64)
        assert stored and stored.image == replace(
            Image("a" * 64, 5, Format.GIF, 100, Facts(4, 3, animated=True)),
            thumb_bytes=10,
            thumb_digest="c" * 64,
            thumb_format=Format.WEBP,
        )
        assert images.animated(connection) == {number}
        assert images.count_animated(connection) == 1
        assert not images.set_derived(connection, number + 1, Facts(4, 3, animated=True), THUMB)


@pytest.mark.parametrize(
    ("lacks", "thumb", "methods"),
    [
        ("everything", True, {"one", "two", "net"}),
        ("a thumbnail", True, set()),
        ("a code", False, {"two"}),
        ("a vector", False, {"net"}),
        ("nothing", False, set()),
    ],
)
def test_of_an_image_that_lacks_anything_it_is_told_what(
    archive: Archive, lacks: str, thumb: bool, methods: set[str]
) -> None:
    with archive.writing() as connection:
        numbers = {name: images.add_encoder(connection, name, "1") for name in ("one", "two")}
        net = images.add_encoder(connection, "net", "1")
        wanted = WantedParts(True, numbers, {"net": net})
        image = images.add(connection, "a" * 64, 5, Format.JPG, 100)
        if lacks != "everything":
            images.set_derived(connection, image, Facts(4, 3, animated=False), THUMB)
            images.save_codes(connection, {image: dict.fromkeys(numbers.values(), b"12345678")})
            derived.save_vectors(connection, net, {image: b"abc"})
        if lacks == "a code":
            connection.execute(schema.encoding.delete().where(schema.encoding.c.encoder_id == 2))
        if lacks == "a vector":
            other = images.add_encoder(connection, "net", "2")
            wanted = WantedParts(True, numbers, {"net": other})
            assert list(derived.vectors(connection, net)) == [[(image, b"abc")]]
        if lacks == "a thumbnail":
            connection.execute(schema.image.update().values(thumb_digest=None))
            assert not derived.lacking(connection, WantedParts(False, numbers, {"net": net}))
        stored = images.by_digest(connection, "a" * 64)
        assert stored
        expected = [] if lacks == "nothing" else [MissingParts(stored, thumb, frozenset(methods))]
        assert derived.lacking(connection, wanted) == expected
        assert derived.count_lacking(connection, wanted) == len(expected)
        assert derived.lacking(connection, wanted, after=image) == []


def test_vectors_come_by_row_number_and_in_batches(archive: Archive) -> None:
    with archive.writing() as connection:
        net = images.add_encoder(connection, "net", "1")
        ids = [images.add(connection, digest, 1, Format.JPG, 1) for digest in DIGESTS[:5]]
        for number in reversed(ids):
            derived.save_vectors(connection, net, {number: bytes([number])})
        batches = list(derived.vectors(connection, net, batch=2))
        assert [len(batch) for batch in batches] == [2, 2, 1]
        rows = [row for batch in batches for row in batch]
        assert rows == [(number, bytes([number])) for number in ids]
        assert derived.makers_of(connection, ids) == {key: {"net": "1"} for key in ids}


def test_images_come_in_batches_and_none_twice(archive: Archive) -> None:
    with archive.writing() as connection:
        ids = [images.add(connection, digest, 1, Format.JPG, 1) for digest in DIGESTS[:7]]
        batches = list(images.iterate(connection, batch=3))
        assert [[stored.id for stored in batch] for batch in batches] == [
            ids[:3],
            ids[3:6],
            ids[6:],
        ]
        lacks = derived.lacking(connection, WantedParts(True, {}, {}), after=ids[1], limit=2)
        assert [lack.stored.id for lack in lacks] == ids[2:4]


def test_a_digest_is_found_by_its_start(archive: Archive) -> None:
    with archive.writing() as connection:
        for digest in ("abc0" + "0" * 60, "abcf" + "f" * 60, "abd" + "0" * 61):
            images.add(connection, digest, 1, Format.JPG, 1)
        assert len(images.by_prefix(connection, "abc")) == 2
        assert [s.image.digest[:4] for s in images.by_prefix(connection, "abcf")] == ["abcf"]
        assert images.by_prefix(connection, "f" * 6) == []
        assert len(images.by_prefix(connection, "abcf" + "f" * 60)) == 1


def test_a_library_of_another_version_is_another_encoder(archive: Archive) -> None:
    with archive.writing() as connection:
        assert images.encoder_id(connection, "percept", "1") is None
        old = images.add_encoder(connection, "percept", "1")
        new = images.add_encoder(connection, "percept", "2")
        assert images.add_encoder(connection, "percept", "1") == old != new
        number = images.add(connection, "a" * 64, 5, Format.JPG, 100)
        images.save_codes(connection, {number: {old: b"old code", new: b"new code"}})
        assert images.codes(connection, old) == [(number, b"old code")]
        assert derived.codes_of(connection, [number]) == {number: {"percept": b"new code"}}
        images.save_codes(connection, {number: {old: b"changed!"}})
        assert images.codes(connection, old) == [(number, b"changed!")]


def test_what_follows_the_first_word_of_a_version_makes_no_difference(archive: Archive) -> None:
    with archive.writing() as connection:
        old = images.add_encoder(connection, "percept", "1-ab pillow-12")
        assert images.add_encoder(connection, "percept", "1-ab pillow-13") == old
        assert images.add_encoder(connection, "percept", "1-abc pillow-13") != old
        assert images.encoder_id(connection, "percept", "1-ab") == old


def test_codes_of_other_versions_are_counted_and_forgotten_by_image(archive: Archive) -> None:
    with archive.writing() as connection:
        old = images.add_encoder(connection, "percept", "1 pillow-12")
        new = images.add_encoder(connection, "percept", "2 pillow-13")
        other = images.add_encoder(connection, "diff", "1 pillow-12")
        ids = [images.add(connection, digest, 1, Format.JPG, 1) for digest in DIGESTS[:2]]
        for number in ids:
            images.save_codes(connection, {number: {old: b"old code", other: b"another!"}})
        assert images.other_versions(connection, "percept", "1") == {}
        assert images.other_versions(connection, "percept", "2") == {"1 pillow-12": 2}
        assert images.other_versions(connection, "percept", "3") == {"1 pillow-12": 2}
        images.save_codes(connection, {ids[0]: {new: b"new code"}})
        images.forget_others(connection, [new], ids[:1])
        assert images.codes(connection, old) == [(ids[1], b"old code")]
        assert len(images.codes(connection, other)) == 2
        assert images.other_versions(connection, "percept", "2") == {"1 pillow-12": 1}


def test_a_dropped_image_takes_what_was_derived_with_it(archive: Archive) -> None:
    with archive.writing() as connection:
        encoder = images.add_encoder(connection, "percept", "1")
        number = images.add(connection, "a" * 64, 5, Format.JPG, 100)
        images.save_codes(connection, {number: {encoder: b"12345678"}})
        connection.execute(schema.image.delete().where(schema.image.c.id == number))
        assert images.by_digest(connection, "a" * 64) is None
        assert images.codes(connection, encoder) == []


def spread(connection: Connection, figure: str) -> Spread:
    return kept_figures.spread(kept_figures.values(connection), figure)


@pytest.mark.parametrize("figure", ["bytes", "thumb_bytes", "pixels"])
def test_the_spread_of_nothing_is_nothing(archive: Archive, figure: str) -> None:
    with archive.reading() as connection:
        assert spread(connection, figure) == Spread(0, 0, 0, 0, 0.0, 0.0)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=40))
def test_the_spread_is_that_of_the_statistics_module(sizes: list[int]) -> None:
    with rows_in_memory() as connection:
        for digest, size in zip(DIGESTS, sizes, strict=False):
            images.add(connection, digest, size, Format.JPG, 1)
        counting.settle(connection)
        found = spread(connection, "bytes")
    assert (found.count, found.total) == (len(sizes), sum(sizes))
    assert (found.min, found.max) == (min(sizes), max(sizes))
    assert found.mean == pytest.approx(statistics.mean(sizes))
    expected = statistics.stdev(sizes) if len(sizes) > 1 else 0
    assert found.stdev == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_figures_count_only_images_that_have_them(archive: Archive) -> None:
    with archive.writing() as connection:
        numbers = [images.add(connection, d, 9, Format.JPG, 1) for d in DIGESTS[:3]]
        images.set_derived(connection, numbers[0], Facts(4, 3, animated=False), THUMB)
        images.set_derived(connection, numbers[1], Facts(10, 2, animated=False), (30, *THUMB[1:]))
        counting.settle(connection)
        pixels = spread(connection, "pixels")
        assert pixels == Spread(2, 32, 12, 20, 16.0, pixels.stdev)
        assert pixels.stdev == pytest.approx(32**0.5)
        assert spread(connection, "thumb_bytes").total == 40
        assert spread(connection, "bytes").count == 3
