"""Vectors stay in the archive: a search reads them some at a time, and finds what it always did."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import Connection, delete

from fapproc.archive import Archive
from fapproc.db import derived, images
from fapproc.db.images import Content
from fapproc.db.schema import vector
from fapproc.dedup import cosine, search
from fapproc.dedup.method import Kind
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.registry import CNN, HASHES
from fapproc.jobs import encodings
from fapproc.jobs.encodings import Known, Vectors
from fapproc.model import Format
from tests.dedup.test_cosine import alike
from tests.dedup.test_search import listed

COUNT = 300
BARE = {7, 150}
"""Images that have no vector."""


@pytest.fixture
def coded(archive: Archive) -> Archive:
    """Images with codes; the vectors lie in the database in another order than the images."""
    vectors = alike(4, COUNT)
    with archive.writing() as connection:
        contents = [Content(f"{row:064x}", 1, Format.JPG) for row in range(COUNT)]
        images.add_all(connection, contents, 1)
        hashes = [
            images.add_encoder(connection, name, one.identity()) for name, one in HASHES.items()
        ]
        code = {number: bytes(8) for number in hashes}
        images.save_codes(connection, {row + 1: code for row in range(COUNT)})
        network = images.add_encoder(connection, CNN, DEFAULT.id)
        rows = {row + 1: vectors[row].tobytes() for row in range(COUNT) if row not in BARE}
        for part in (1, 0):
            some = {number: made for number, made in rows.items() if number % 2 == part}
            derived.save_vectors(connection, network, some)
    return archive


def read(archive: Archive, *, later: bool) -> Known:
    with archive.reading() as connection:
        by_method = encodings.encoders(connection)
        return encodings.read_all(
            connection, by_method, without=[100], later=archive.reading if later else None
        )


def test_vectors_that_are_read_later_are_those_that_are_read_at_once(coded: Archive) -> None:
    now, later = (read(coded, later=when).encoded.codes[CNN] for when in (False, True))
    assert isinstance(later, Vectors)
    assert (later.shape, later.dtype) == (now.shape, now.dtype)
    few, many = np.array([290, 3, 3, 7, 0]), np.arange(20, 80)
    for rows in (slice(None), slice(5, 9), few, many, many[:0]):
        assert np.array_equal(later[rows], now[rows])


def test_a_search_finds_the_same_in_the_archive_as_in_memory(
    coded: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosine, "_BLOCK", 64)
    monkeypatch.setattr(cosine, "_TILE", 32)
    now, later = (read(coded, later=when).encoded.codes[CNN] for when in (False, True))
    for new in (np.ones(COUNT - 1, np.bool_), np.arange(COUNT - 1) % 9 == 4):
        found = listed(search.pairs(Kind.VECTOR, later, 0.9, new))
        assert found == listed(search.pairs(Kind.VECTOR, now, 0.9, new))
        assert found


def test_of_vectors_no_more_than_a_tile_is_read_at_a_time_and_each_once_for_a_few_new_images(
    coded: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosine, "_TILE", 32)
    monkeypatch.setattr(cosine, "_WHOLE", COUNT)
    asked: list[int] = []

    @contextmanager
    def counting() -> Iterator[Connection]:
        with coded.reading() as connection:
            asked.append(1)
            yield connection

    known = read(coded, later=True)
    vectors = known.encoded.codes[CNN]
    assert isinstance(vectors, Vectors)
    counted = Vectors(counting, vectors.encoder, vectors.ids, vectors.there, vectors.width)
    search.pairs(Kind.VECTOR, counted, 0.9, np.arange(COUNT - 1) >= COUNT - 10)
    assert len(asked) == 1 + -(-(COUNT - 1) // 32)


def test_a_vector_that_goes_while_the_search_runs_is_near_to_none(coded: Archive) -> None:
    vectors = read(coded, later=True).encoded.codes[CNN]
    with coded.writing() as connection:
        connection.execute(delete(vector).where(vector.c.image_id <= 200))
    assert not vectors[np.arange(100)].any()
    assert listed(search.pairs(Kind.VECTOR, vectors, 0.5))


def test_which_images_have_a_vector_is_told_without_reading_one(coded: Archive) -> None:
    expected = [row + 1 for row in range(COUNT) if row not in BARE and row + 1 != 100]
    for later in (False, True):
        assert read(coded, later=later).with_vector(CNN).tolist() == expected


def test_an_open_archive_goes_to_no_other_process(coded: Archive) -> None:
    planned = search.plan(Kind.VECTOR, read(coded, later=True).encoded.codes[CNN], 0.9)
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(planned.compare)
