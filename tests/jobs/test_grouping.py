"""Groups of real codes: a morph doesn't become one group, copies of a picture do."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fapproc.dedup import fusion
from fapproc.dedup.candidates import candidates
from fapproc.dedup.evidence import Encoded, weigh
from fapproc.dedup.groups import grow, parts
from fapproc.dedup.method import LOOSER_BITS
from fapproc.dedup.motion import Reels
from fapproc.dedup.registry import sensitivities
from fapproc.jobs.encodings import Known
from fapproc.jobs.grouping import Weighing
from fapproc.model import Membership, Verdict
from tests.drawing import landscape
from tests.hashing import all_hashed

STEPS = 51
SIZE = (160, 120)


def known(images: Sequence[Image.Image]) -> Known:
    still = np.zeros(len(images), dtype=bool)
    return Known(
        np.arange(len(images)),
        Encoded(all_hashed(*images), still, Reels.none(len(still)), np.zeros(len(still), np.uint8)),
    )


def grouped(images: Sequence[Image.Image]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Groups, and the components they are cut from, by position."""
    found = known(images)
    everything = np.ones(len(images), dtype=bool)
    i, j, _ = candidates(found.encoded, everything, sensitivities(), with_flat=False)
    accepted = fusion.hybrid(weigh(found.encoded, i, j, sensitivities()))
    edges = np.stack([i[accepted], j[accepted]], axis=1)
    weighing = Weighing(found, {}, fusion.hybrid, sensitivities())
    groups: list[tuple[int, ...]] = []
    components = list(parts(edges))
    for part in components:
        alike = weighing.likeness(part.pairs)
        ordered = sorted(part.pairs, key=lambda pair: (-alike[pair], pair))
        groups += grow(ordered, frozenset(), weighing.together)
    return groups, [part.images for part in components]


def test_a_morph_is_one_component_and_no_group_of_it_joins_strangers() -> None:
    one, other = landscape(1, SIZE), landscape(2, SIZE)
    morph = [Image.blend(one, other, step / (STEPS - 1)) for step in range(STEPS)]
    groups, components = grouped(morph)
    assert max(map(len, components)) > STEPS // 2, "nothing to be cut: the test shows nothing"
    found = known(morph)
    for group in groups:
        i, j = np.triu_indices(len(group), 1)
        rows = np.array(group)
        evidence = weigh(found.encoded, rows[i], rows[j], sensitivities())
        bits = evidence.scores[:, [0, 2]].min(axis=1)
        assert bits.max() <= 4 + LOOSER_BITS


def test_copies_of_a_picture_are_one_group_and_of_no_other() -> None:
    pictures = []
    for seed in range(3):
        image = landscape(seed, (320, 240))
        grey = ImageOps.grayscale(image).convert("RGB")
        pictures += [image, image.resize((160, 120)), grey, image.resize((320, 200))]
    assert grouped(pictures)[0] == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)]


@given(st.permutations(range(12)))
def test_in_whatever_order_they_are_weighed_the_answer_is_one(order: list[int]) -> None:
    weighing = Weighing(PICTURES, {}, fusion.hybrid, sensitivities())
    one, other = order[:3], order[3:6]
    assert weighing.together(one, other) == weighing.together(other[::-1], one[::-1])
    assert weighing.together(one, other) == all(
        weighing.together([a], [b]) for a in one for b in other
    )


PICTURES = known(
    [Image.blend(landscape(1, SIZE), landscape(2, SIZE), step / 11) for step in range(12)]
)


def test_an_image_without_codes_is_a_stranger_to_other_groups_only() -> None:
    memberships = {
        0: Membership(1, Verdict.NEW),
        77: Membership(1, Verdict.KEEP),
        78: Membership(2, Verdict.KEEP),
    }
    weighing = Weighing(PICTURES, memberships, fusion.hybrid, sensitivities())
    assert weighing.together([0], [77])
    assert weighing.together([77], [1])
    assert not weighing.together([77], [78])
    assert not weighing.together([0], [78])
    assert weighing.likeness([(0, 77)]) == {(0, 77): 1.0}
