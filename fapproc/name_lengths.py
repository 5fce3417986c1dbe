"""How long a name a disk takes."""

import os
from pathlib import Path

LONGEST_NAME = 255
"""Bytes; what a file may be called on most disks."""
SHORTEST_LIMIT = 143
"""Bytes; the least that a disk allows: eCryptfs under ext4, as on many a NAS."""


def longest_name(folder: Path) -> int:
    """How many bytes a name may have in a folder, or where it is to be made, as its disk says."""
    place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    try:
        said = os.pathconf(place, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows; a disk that doesn't know
        return LONGEST_NAME
    return min(LONGEST_NAME, said) if said > 0 else LONGEST_NAME
