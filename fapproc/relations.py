"""What images are to each other that are not one picture. Values."""

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """What an image is to another one that is not the same picture."""

    ALTERNATE = "alternate of"
    FRAME = "frame of"
    ANIMATION = "animation with"


@dataclass(frozen=True, slots=True)
class Related:
    """The other image, by its digest, and what this one is to it."""

    relation: Relation
    digest: str
