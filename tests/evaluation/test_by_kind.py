"""The evaluation by kinds: what is drawn, what is made of it, and that a table says what is so."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from evaluation import by_kind, collection, drawn, moving, small, transparent
from evaluation.collection import Made
from evaluation.figures import Rate
from evaluation.kinds import KINDS, Kind, Wanted, sample
from evaluation.moving import Film
from fapproc.vault.store import digest_of
from tests.drawing import landscape, write


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_change_of_a_kind_makes_a_picture_of_its_own(kind: Kind) -> None:
    data = next(iter(kind.drawn(2))) if kind.drawn else write(landscape(1, (160, 120)), "PNG")
    files = kind.vary(data)
    assert len(files) == len(kind.changes) + 1
    assert len({digest_of(file) for file in files}) == len(files)
    for file in files:
        opened(file).load()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_is_wanted_of_a_kind_is_said_of_changes_that_it_has(kind: Kind) -> None:
    assert kind.wanted.found.keys() | kind.wanted.apart <= set(kind.changes)


@pytest.mark.parametrize("draw", [drawn.texts, drawn.things, drawn.transparent, moving.drawn])
def test_what_is_drawn_is_drawn_alike_again_and_each_is_another(draw: object) -> None:
    assert callable(draw)
    first, again = list(draw(2)), list(draw(2))
    assert first == again
    assert len(set(first)) == 2


def test_every_second_animation_begins_as_the_one_before_and_goes_on_otherwise() -> None:
    one, other = (opened(data) for data in list(moving.drawn(2)))
    starts = [np.asarray(film.convert("RGB"), dtype=float) for film in (one, other)]
    assert np.abs(starts[0] - starts[1]).mean() < 3
    one.seek(8)
    other.seek(8)
    later = [np.asarray(film.convert("RGB"), dtype=float) for film in (one, other)]
    assert np.abs(later[0] - later[1]).mean() > 10


def test_an_animation_is_shifted_cut_and_thinned() -> None:
    frames = [Image.new("RGB", (4, 4), (number, 0, 0)) for number in range(12)]
    film = Film(frames, 50)

    def numbers(of: Film) -> list[object]:
        return [frame.getpixel((0, 0))[0] for frame in of.frames]  # type: ignore[index]

    assert numbers(moving.shifted(film)) == [4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3]
    assert numbers(moving.begun_later(film)) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert numbers(moving.sparser(film)) == [0, 2, 4, 6, 8, 10]
    assert moving.sparser(film).duration == 100


def test_a_small_thing_lies_on_a_sheet_that_is_mostly_ground() -> None:
    sheet = np.asarray(opened(small.vary(next(drawn.things(1)))[0]).convert("RGB"), dtype=int)
    unlike = np.abs(sheet - sheet[0, 0]).max(axis=2) > 40
    assert 0.005 < unlike.mean() < 0.15


def test_only_what_is_not_seen_gets_another_colour() -> None:
    image = Image.new("RGBA", (2, 1), (200, 10, 10, 0))
    image.putpixel((0, 0), (200, 10, 10, 255))
    made = transparent.recoloured(image)
    assert [made.getpixel((x, 0)) for x in (0, 1)] == [(200, 10, 10, 255), (20, 160, 90, 0)]


def test_a_sample_is_the_same_each_time_and_no_larger_than_what_there_is() -> None:
    originals = [collection.Original(f"{number:02}", f"{number}", b"") for number in range(20)]
    assert sample(originals, 5) == sample(originals, 5)
    assert len(sample(originals, 5)) == 5
    assert sample(originals, None) == sample(originals, 40) == originals


def test_each_change_is_measured_alone() -> None:
    scenes = [drawn.scene(seed, (240, 180)) for seed in range(6)]
    pictures = [write(scene, "PNG") for scene in scenes[:3]]
    jpegs = [write(scene, "JPEG") for scene in scenes[:3]]
    others = [write(scene, "PNG") for scene in scenes[3:]]
    made = [
        Made(f"{number}", f"{number}", files)
        for number, files in enumerate(zip(pictures, jpegs, others, strict=True))
    ]
    kind = Kind("lakes", transparent.vary, ("JPEG", "another"), Wanted())
    outcome = by_kind.measure(kind, made, lambda _: None)
    assert outcome.found == {"JPEG": Rate(3, 3), "another": Rate(0, 3)}
    assert (outcome.alone, outcome.together) == (Rate(0, 3), Rate(0, 3))
    assert (outcome.widest_alone, outcome.widest_together) == (1, 1)


def test_strangers_in_a_group_are_pairs_of_pictures_and_make_it_wide() -> None:
    made = [
        Made(f"{number}", f"{number // 2}", [b"%d" % number, b"%dx" % number])
        for number in range(6)
    ]
    one, copy, other, third = (digest_of(data) for data in (b"0", b"0x", b"2", b"4"))
    groups = {frozenset({one, copy, other}), frozenset({digest_of(b"1"), third})}
    outcome = by_kind.weigh(("x",), made, {"x": groups}, {frozenset({one, other, third})})
    assert outcome.found == {"x": Rate(1, 6)}
    assert (outcome.alone, outcome.together) == (Rate(2, 12), Rate(3, 12))
    assert (outcome.widest_alone, outcome.widest_together) == (2, 3)


def test_a_table_says_what_is_wanted_and_what_was_missed() -> None:
    wanted = Wanted({"near": 0.9, "far": 0.9}, widest=2, apart=frozenset({"a still"}))
    kind = Kind("lakes", transparent.vary, ("near", "far", "other", "a still"), wanted)
    rates = {"near": Rate(9, 10), "far": Rate(8, 10), "other": Rate(0, 10), "a still": Rate(1, 10)}
    outcome = by_kind.Outcome(rates, Rate(0, 45), Rate(1, 45), 2, 3)
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in by_kind.table(kind, 10, outcome)
    ]
    missed = {row[0]: (row[-2], row[-1]) for row in cells if len(row) > 1}
    assert missed["near"] == ("0.9", "")
    assert missed["far"] == ("0.9", "missed")
    assert missed["other"] == ("", "")
    assert missed["a still"] == ("apart", "missed")
    assert missed["a million"] == ("0", "missed")
    assert missed["in the largest group"] == ("2", "missed")
