"""Take a second look at two images of an archive, by their thumbnails. Reads, and changes nothing.

OpenCV is loaded with the first pair, because no other command needs it.
"""

from fapproc.archive import Archive
from fapproc.errors import Damaged
from fapproc.imaging.decode import Undecodable
from fapproc.jobs import media
from fapproc.looks import Look
from fapproc.wording import short


def look_at(archive: Archive, one: str, other: str) -> Look | str:
    """Look at two images by their digests; of an animation the first frame that shows anything.

    Returns:
        What was seen, or why nothing was: a file that is missing or can't be read says nothing of
        the two.
    """
    from fapproc.dedup.second_look.look import laid_over
    from fapproc.jobs.looking_twice_one import picture

    shown = []
    for digest in (one, other):
        try:
            thumb = media.thumb(archive, digest)
            if thumb is None:
                return f"{short(digest)} has no thumbnail; 'fapproc process' makes it"
            shown.append(picture(thumb.data))
        except (Damaged, Undecodable) as problem:
            return f"the thumbnail of {short(digest)} can't be read: {str(problem).rstrip('.')}"
    return laid_over(*shown)
