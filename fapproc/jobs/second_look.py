"""Take a second look at two images of an archive, by their thumbnails. Reads, and changes nothing.

OpenCV is loaded when the first pair is looked at, for no other command needs it.
"""

from typing import TYPE_CHECKING

import numpy as np

from fapproc.archive import Archive
from fapproc.dedup.seen import Seen
from fapproc.errors import Damaged
from fapproc.imaging.decode import Undecodable, decode
from fapproc.jobs import media

if TYPE_CHECKING:
    from fapproc.dedup.second_look.look import Look


def look_at(archive: Archive, one: str, other: str) -> "Look | str":
    """Look at two images by their digests; animations are looked at by their first frames.

    Returns:
        What was seen, or why nothing was: a file that is missing or can't be read says nothing of
        the two.
    """
    from fapproc.dedup.second_look.look import look

    shown = []
    for digest in (one, other):
        try:
            thumb = media.thumb(archive, digest)
            if thumb is None:
                return f"{digest[:16]} has no thumbnail; 'fapproc process' makes it"
            frame = decode(thumb.data).frames[0].image
        except (Damaged, Undecodable) as problem:
            return f"the thumbnail of {digest[:16]} can't be read: {str(problem).rstrip('.')}"
        shown.append(np.asarray(Seen(frame).small))
    return look(*shown)
