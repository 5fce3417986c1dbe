"""Reels of animations: which two go on alike, which stills are of one, and who is looked at."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image, ImageOps

from evaluation.moving import Film, begun_later, shifted, sparser
from evaluation.transformations import cropped
from fapproc.dedup.motion import (
    FRAMES,
    Agreement,
    Reels,
    compare,
    distance,
    identity,
    in_order,
    read,
    reel,
    shared,
)
from fapproc.dedup.perceptual import PERCEPT
from tests.drawing import landscape
from tests.hashing import all_hashed, hashed

Frames = Sequence[Image.Image]


def scene(*seeds: int) -> list[Image.Image]:
    return [landscape(seed, (160, 120)) for seed in seeds]


def pan(seed: int, count: int = 24) -> list[Image.Image]:
    """A view that moves over a landscape, there and back."""
    wide = landscape(seed, (280, 120))
    ways = [120 * min(at, count - at) * 2 // count for at in range(count)]
    return [wide.crop((x, 0, x + 160, 120)) for x in ways]


def together(*films: Frames) -> Reels:
    return read([reel(film) for film in films], np.arange(len(films)), len(films))


def judged(one: Frames, other: Frames) -> Agreement:
    return compare(together(one, other), np.array([0]), np.array([1]))


def agree(one: Frames, other: Frames) -> bool:
    return bool(judged(one, other).agrees[0])


def tell(one: Frames, other: Frames) -> bool:
    return bool(judged(one, other).tells[0])


def test_two_films_with_the_same_frames_go_on_alike() -> None:
    assert agree(scene(1, 2, 3, 4, 5, 6), scene(1, 2, 3, 4, 5, 6))
    assert agree(scene(1, 2), scene(1, 2))


def test_two_films_that_share_only_their_first_frame_do_not() -> None:
    for one, other in (
        (scene(1, 2), scene(1, 3)),
        (scene(1, 2, 3, 4, 5), scene(1, 6, 7, 8, 9)),
        (scene(1, 1, 1, 1, 2, 3), scene(1, 4, 5, 6, 7, 8)),
        (pan(1), [pan(1)[0], *pan(2)[1:]]),
    ):
        assert not agree(one, other)
        assert not tell(one, other)


CHANGES: dict[str, Callable[[Film], Film]] = {
    "mirrored": lambda film: Film([ImageOps.mirror(frame) for frame in film.frames]),
    "shifted": shifted,
    "begun later": begun_later,
    "half the frames": sparser,
    "each frame twice": lambda film: Film([frame for frame in film.frames for _ in range(2)]),
    "smaller": lambda film: Film([frame.resize((80, 60)) for frame in film.frames]),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("film", [pan(1), scene(*range(12))], ids=["pan", "scenes"])
def test_a_changed_animation_is_told_by_its_frames_alone(film: Frames, name: str) -> None:
    changed = CHANGES[name](Film(film)).frames
    assert tell(film, changed) and tell(changed, film)


def test_a_cropped_animation_goes_on_alike_where_its_first_frame_says_so() -> None:
    film = pan(1)
    other = [cropped(frame, 0.05) for frame in film]
    assert agree(film, other)
    assert agree(film, [ImageOps.mirror(frame) for frame in other])


def test_the_same_frames_in_another_order_are_another_animation() -> None:
    film = scene(1, 2, 3, 4, 5, 6, 7, 8)
    assert tell(film, [*film[3:], *film[:3]])
    mixed = [film[at] for at in (0, 5, 2, 7, 4, 1, 6, 3)]
    assert not tell(film, mixed)
    assert not agree(film, mixed)


def test_a_short_clip_of_a_long_one_is_not_the_same() -> None:
    long = scene(*range(20))
    assert not tell(long, long[:4])
    assert not agree(long, long[:4])


def test_two_frames_in_common_are_too_few_to_tell() -> None:
    assert not tell(scene(1, 2), scene(2, 1))


def test_frames_are_counted_in_one_order_in_a_circle() -> None:
    def codes(*numbers: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
        row = np.zeros(FRAMES, dtype=np.uint64)
        row[: len(numbers)] = [(1 << 63) | number << (8 * number) for number in numbers]
        return row[None]

    assert in_order(codes(1, 2, 3, 4), codes(1, 2, 3, 4), 0).tolist() == [4]
    assert in_order(codes(1, 2, 3, 4), codes(3, 4, 1, 2), 0).tolist() == [4]
    assert in_order(codes(1, 2, 3, 4), codes(4, 3, 2, 1), 0).tolist() == [2]
    assert in_order(codes(1, 2, 3, 4), codes(1, 5, 2, 6, 3, 4), 0).tolist() == [4]
    assert in_order(codes(1, 2), codes(), 0).tolist() == [0]


def test_of_a_film_of_which_one_frame_is_known_nobody_can_tell() -> None:
    assert reel(scene(1)) == b""
    assert not agree(scene(1), scene(1))
    assert np.isnan(judged(scene(1), scene(1, 2, 3)).share[0])
    assert np.isnan(compare(Reels.none(2), np.array([0]), np.array([1])).share[0])


def test_a_frame_that_stands_still_is_in_a_reel_once_and_a_reel_has_an_end() -> None:
    assert len(reel(scene(1, 1, 1, 1))) == 16
    assert len(reel(scene(*range(FRAMES + 20)))) == 16 * FRAMES


def test_a_still_is_as_far_from_an_animation_as_from_its_nearest_frame() -> None:
    film = scene(1, 2, 3, 4)
    stills = [film[2], ImageOps.mirror(film[1]), landscape(9)]
    codes = np.array([0, *(hashed(still)[PERCEPT.name] for still in stills)], dtype=np.uint64)
    reels = read([reel(film)], np.array([0]), 4)
    near = distance(reels, codes, np.array([0, 2, 3]), np.array([1, 0, 0]))
    assert near[:2].tolist() == [0, 0]
    assert near[2] > 12


def test_a_still_is_as_far_from_an_animation_whose_reel_says_nothing_as_from_its_first_frame() -> (
    None
):
    codes = np.array([0b1011, 0b0001], dtype=np.uint64)
    ends = np.array([0]), np.array([1])
    assert distance(Reels.none(2), codes, *ends).tolist() == [2]
    blank = read([bytes(16)], np.array([0]), 2)
    assert distance(blank, codes, *ends).tolist() == [2]


def found(films: Sequence[Frames], stills: Sequence[Image.Image]) -> set[tuple[int, int]]:
    count = len(films) + len(stills)
    reels = read([reel(film) for film in films], np.arange(len(films)), count)
    firsts = [film[0] for film in films]
    codes = all_hashed(*firsts, *stills)[PERCEPT.name]
    every = np.ones(count, dtype=np.bool_)
    i, j = shared(reels, codes, every, np.arange(count))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def test_animations_that_share_frames_and_stills_of_one_are_worth_a_look() -> None:
    film = scene(1, 2, 3, 4, 5, 6)
    films = [film, film[3:] + film[:3], scene(7, 8, 9), [film[0], *scene(10, 11)]]
    assert found(films, [film[4], landscape(20)]) == {(0, 1), (0, 4), (1, 4)}


def test_a_title_that_many_begin_with_leads_to_no_look_at_each_two() -> None:
    films = [scene(1, 100 + number, 200 + number) for number in range(5)]
    assert found(films, []) == set()


def test_a_reel_says_of_which_codes_it_is() -> None:
    assert " " not in identity()
    assert identity() == identity()
