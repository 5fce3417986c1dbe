"""What a person was shown of a tag, as a sum: to change it only as long as it is still so."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from sqlalchemy import Connection

from fapproc.db import tags
from fapproc.errors import Changed
from fapproc.model import Tag


def version_of(branch: Sequence[Tag], images: int | None = None) -> str:
    """A sum of a tag's path and of the tags under it; where it is known, how many images have them.

    Without that number a version holds however many have them by now.
    """
    shown = (branch[0].path, [each.id for each in branch])
    place = hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
    return place if images is None else f"{place}.{images}"


def versions(every: Sequence[Tag]) -> dict[int, str]:
    """The version of each tag of a whole tree, which comes depth first, without numbers of images.

    To rename or move a tag concerns none of its images.
    """
    return {tag.id: version_of([tag, *_under(every, at)]) for at, tag in enumerate(every)}


def _under(every: Sequence[Tag], at: int) -> Iterator[Tag]:
    inside = f"{every[at].path}/"
    return takewhile(lambda each: each.path.startswith(inside), islice(every, at + 1, None))


def unchanged(connection: Connection, tag: Tag, version: str | None) -> Tag:
    """The tag, if it still has the version that was shown; None: nobody was shown one.

    Raises:
        Changed: it has another one.
    """
    if version is None:
        return tag
    branch = tags.branch(connection, tag.id)
    images = tags.count_images(connection, [each.id for each in branch]) if "." in version else None
    if version != version_of(branch, images):
        raise Changed(f"The tag {tag.path} has changed since it was shown. Nothing was changed.")
    return tag
