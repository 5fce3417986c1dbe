"""What a worker process finds by laying two thumbnails over each other. No archive, no disk."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fapproc.dedup.second_look.look import laid_over
from fapproc.dedup.second_look.picture import Picture
from fapproc.dedup.seen import Seen, first_shown
from fapproc.executors.outcomes import Refusal
from fapproc.imaging.decode import decode
from fapproc.looks import Look


@dataclass(frozen=True, slots=True)
class Couple:
    """The thumbnails of two images."""

    first: bytes
    second: bytes


class CannotLook(Refusal):
    """The two can't be laid over each other, for a reason that nobody foresaw."""


def look_one(couple: Couple) -> Look:
    """Look at two images.

    Raises:
        Undecodable: a thumbnail can't be read.
        CannotLook: a sum went wrong.
    """
    try:
        return laid_over(_kept(couple.first), _kept(couple.second))
    except (
        cv2.error,
        ArithmeticError,
        ValueError,
    ) as problem:  # one pair of many: the others go on
        raise CannotLook(str(problem)) from problem


def picture(thumbnail: bytes) -> Picture:
    """Make a thumbnail ready to be looked at: of an animation the first frame that shows anything.

    Raises:
        Undecodable: it can't be read.
    """
    frames = [Seen(frame.image) for frame in decode(thumbnail).frames]
    shown = first_shown(frames) if len(frames) > 1 else frames[0]
    return Picture(np.asarray(shown.small))


# A picture is looked at with several others, one after the other, and half of a look is making it
# ready: 25 ms a pair became 14. One takes about 700 kB.
_kept = lru_cache(maxsize=64)(picture)
