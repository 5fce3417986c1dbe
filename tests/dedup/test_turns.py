"""Pictures that are others turned are proposed by what the codes of both say."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from fapproc.dedup import turns
from fapproc.dedup.turns import Turnable
from fapproc.executors.here import Here
from tests.drawing import landscape
from tests.hashing import all_hashed

WAYS = list(Image.Transpose)
PICTURES = [landscape(seed, (200, 150)) for seed in range(6)]


def turnable(pictures: Sequence[Image.Image], *, sparse: bool = False) -> Turnable:
    return Turnable.of(all_hashed(*pictures), np.full(len(pictures), sparse))


def found(known: Turnable, new: Sequence[bool]) -> set[tuple[int, int]]:
    among = np.arange(len(new))
    i, j = turns.near(known, np.array(new), among, Here)
    return set(zip(i.tolist(), j.tolist(), strict=True))


def test_where_much_is_proposed_few_are_turned_at_a_time_to_the_same_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = turnable([each.transpose(way) for way in WAYS for each in PICTURES])
    new = [at % 3 > 0 for at in range(len(WAYS) * len(PICTURES))]
    at_once = found(known, new)
    monkeypatch.setattr(turns, "_PROPOSED", 5)
    assert found(known, new) == at_once
    assert len(at_once) > len(PICTURES)


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_a_picture_turned_or_mirrored_is_near_to_it_and_to_no_other(way: Image.Transpose) -> None:
    known = turnable([*PICTURES, *(each.transpose(way) for each in PICTURES)])
    count = len(PICTURES)
    wanted = {(at, at + count) for at in range(count)}
    assert found(known, [True] * count * 2) == wanted
    assert found(known, [False] * count + [True] * count) == wanted, "the turned one is new"
    assert found(known, [True] * count + [False] * count) == wanted, "the other one is"
    assert found(known, [False] * count * 2) == set()


def test_what_is_found_is_what_comparing_every_pair_finds() -> None:
    turned = [each.transpose(WAYS[at]) for at, each in enumerate(PICTURES)]
    known = turnable([*PICTURES, *turned, *PICTURES[:2]])
    i, j = np.triu_indices(len(PICTURES) * 2 + 2, 1)
    near = ~np.isnan(turns.distance(known, i, j))
    assert found(known, [True] * (len(PICTURES) * 2 + 2)) == set(
        zip(i[near].tolist(), j[near].tolist(), strict=True)
    )


def test_of_a_drawing_that_is_its_own_mirror_image_the_places_tell() -> None:
    half = landscape(3, (80, 120))
    whole = Image.new("RGB", (160, 120))
    whole.paste(half)
    whole.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (80, 0))
    pair = [whole, whole.transpose(Image.Transpose.ROTATE_90)]
    assert np.bitwise_count(turnable(pair).percept).sum() > 0
    assert found(turnable(pair, sparse=True), [True, True]) == {(0, 1)}
