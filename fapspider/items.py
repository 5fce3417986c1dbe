"""What the spiders yield: a picture that was had, or one that could not be."""

from dataclasses import dataclass, field

from fapproc.model import Detail, Format, Reason


@dataclass(slots=True)
class PictureItem:
    """The bytes of one image; `format` is found by the pipeline, from the bytes."""

    image: int
    name: str | None
    data: bytes = field(repr=False)
    format: Format | None = None
    accepted: bool = False


@dataclass(slots=True)
class MissItem:
    """A listed image that could not be had; `url` is the full-size address if there was one."""

    image: int
    reason: Reason
    detail: Detail
    name: str | None = None
    url: str | None = None
