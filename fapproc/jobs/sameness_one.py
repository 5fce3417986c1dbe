"""What a worker process finds in an original: whether it was enlarged. No archive, no disk."""

from dataclasses import dataclass

from fapproc.dedup.sameness import is_enlarged
from fapproc.imaging.decode import decode


@dataclass(frozen=True, slots=True)
class Enlargement:
    """The bytes of a picture, and how wide smaller ones are that show the same, as parts of it."""

    data: bytes
    shares: tuple[float, ...]


def is_enlarged_one(task: Enlargement) -> bool:
    """Whether it shows no finer detail than one of the smaller ones.

    Raises:
        Undecodable: no picture can be made of the bytes.
    """
    return is_enlarged(decode(task.data).first.convert("L"), task.shares)
