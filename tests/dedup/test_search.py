"""A search is planned as values: tiles that travel, are compared anywhere, and are gathered."""

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fapproc.dedup import cosine, search
from fapproc.dedup.method import Kind
from fapproc.dedup.tiles import Held, Index, Pairs, Tile
from fapproc.errors import FapError
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Broken, Done, Outcome

COUNT, WIDTH = 3000, 48


@dataclass(frozen=True)
class Drawn:
    """Vectors that are opened by drawing them, as others are from a file or a store."""

    seed: int

    @property
    def shape(self) -> tuple[int, ...]:
        return COUNT, WIDTH

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int8)

    def __getitem__(self, rows: Index | slice) -> NDArray[np.int8]:
        """Each five rows are near each other."""
        random = np.random.default_rng(self.seed)
        base = np.repeat(random.integers(-99, 100, (COUNT // 5, WIDTH)), 5, axis=0)
        drawn: NDArray[np.int8] = (base + random.integers(-9, 10, base.shape)).astype(np.int8)
        return drawn[rows]


@dataclass
class Shuffled:
    """An executor that is done with tasks in another order."""

    function: Any

    def map(self, tasks: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Outcome[Any]]]:
        given = list(tasks)
        for key, payload in Random(1).sample(given, len(given)):
            yield key, Done(self.function(payload))


def listed(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.i.tolist(), pairs.j.tolist(), pairs.score.tolist(), strict=True))


def codes(kind: Kind) -> NDArray[Any]:
    if kind is Kind.VECTOR:
        return Drawn(1)[:]
    return np.random.default_rng(1).integers(0, 2**16, COUNT, dtype=np.uint64)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosine, "_BLOCK", 1024)
    monkeypatch.setattr(cosine, "_TILE", 256)


@pytest.mark.parametrize(("kind", "threshold"), [(Kind.BITS, 3), (Kind.VECTOR, 0.9)])
def test_a_tile_is_a_few_numbers_and_their_order_makes_no_difference(
    kind: Kind, threshold: float
) -> None:
    planned = search.plan(kind, Held(codes(kind)), threshold)
    tiles = list(planned.tiles)
    assert len(tiles) > 5
    assert all(len(pickle.dumps(tile)) < 600 for tile in tiles)
    assert tiles == list(planned.tiles)
    found = listed(search.run(planned))
    assert len(found) > 1000
    assert found == sorted(set(found))
    assert found == listed(search.run(planned, executor=Shuffled(planned.compare)))


def test_tiles_are_compared_in_other_processes_that_open_the_codes_themselves() -> None:
    planned = search.plan(Kind.VECTOR, Drawn(1), 0.9)
    assert len(pickle.dumps(planned)) < COUNT * WIDTH / 2
    with LocalProcesses(planned.compare, processes=2) as workers:
        found = search.run(planned, executor=workers)
    assert listed(found) == listed(search.pairs(Kind.VECTOR, codes(Kind.VECTOR), 0.9))


@pytest.mark.parametrize(("kind", "threshold"), [(Kind.BITS, 3), (Kind.VECTOR, 0.9)])
def test_codes_that_a_process_holds_do_not_leave_it(kind: Kind, threshold: float) -> None:
    planned = search.plan(kind, Held(codes(kind)), threshold)
    with pytest.raises(TypeError, match="are held by this process and stay in it"):
        pickle.dumps(planned.compare)


@pytest.mark.parametrize(("kind", "threshold"), [(Kind.BITS, 3), (Kind.VECTOR, 0.9)])
def test_rows_that_are_left_out_are_in_no_pair_and_the_others_keep_their_numbers(
    kind: Kind, threshold: float
) -> None:
    among = np.arange(0, COUNT, 2)
    new = np.arange(COUNT) % 3 == 0
    planned = search.plan(kind, Held(codes(kind)), threshold, new, among)
    every = search.pairs(kind, codes(kind), threshold, new)
    assert listed(search.run(planned)) == [
        (i, j, score) for i, j, score in listed(every) if i % 2 == j % 2 == 0
    ]


@dataclass
class Counting:
    """Vectors of which it is counted how many were read."""

    held: NDArray[np.int8]
    read: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.held.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.held.dtype

    def __getitem__(self, rows: Index | slice) -> NDArray[np.int8]:
        self.read.append(len(self.held[rows]))
        return self.held[rows]


def test_vectors_that_are_not_there_are_not_looked_at() -> None:
    vectors = Counting(np.zeros((COUNT, WIDTH), dtype=np.int8))
    vectors.held[:2] = 1
    assert listed(search.run(search.plan(Kind.VECTOR, vectors, 0.5))) == [(0, 1, 1.0)]
    assert sum(vectors.read) < 2 * COUNT


class Dying:
    """An executor whose worker is killed."""

    def map(self, tasks: Iterable[tuple[Any, Tile]]) -> Iterator[tuple[Any, Outcome[Any]]]:
        for key, _ in tasks:
            yield key, Broken("its worker was killed")


def test_a_tile_that_was_not_compared_ends_the_search_with_a_sentence() -> None:
    planned = search.plan(Kind.VECTOR, Held(codes(Kind.VECTOR)), 0.9)
    with pytest.raises(FapError, match="could not be done: its worker was killed"):
        search.run(planned, executor=Dying())
