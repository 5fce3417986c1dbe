"""What a worker process makes of an original that browsers can't show: a smaller WEBP. No disk."""

from io import BytesIO

from fapproc.imaging.decode import decode

SIDE = 2560
"""Pixels of the longer side at most."""
_QUALITY = 85
_EFFORT = 2


def view_one(data: bytes) -> bytes:
    """The picture as people see it, upright, still, and no larger than a screen.

    Raises:
        Undecodable: no picture can be made of the bytes.
    """
    out = BytesIO()
    decode(data).shown(SIDE).save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
    return out.getvalue()
