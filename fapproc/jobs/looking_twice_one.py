"""What a worker process sees of two thumbnails laid over each other. No archive, no disk."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fapproc.dedup.second_look.alignment import Picture
from fapproc.dedup.second_look.look import Look, laid_over
from fapproc.dedup.seen import Seen, first_shown
from fapproc.imaging.decode import decode


@dataclass(frozen=True, slots=True)
class Couple:
    """The thumbnails of two images."""

    first: bytes
    second: bytes


def look_one(couple: Couple) -> Look:
    """Look at two images.

    Raises:
        Undecodable: a thumbnail can't be read.
    """
    return laid_over(_kept(couple.first), _kept(couple.second))


def picture(thumbnail: bytes) -> Picture:
    """Make a thumbnail ready to be looked at: of an animation the first frame that shows anything.

    Raises:
        Undecodable: it can't be read.
    """
    frames = (Seen(frame.image) for frame in decode(thumbnail).frames)
    return Picture(np.asarray(first_shown(frames).small))


# A picture is looked at with several others, one after the other, and half of a look is making it
# ready: 25 ms a pair became 14. One takes about 500 kB.
_kept = lru_cache(maxsize=64)(picture)
