"""A stored file as a listing shows it, without a look inside."""

from dataclasses import dataclass

COARSE_SECONDS = 2.0
"""So exact is the time of a file: FAT keeps it to two seconds, and servers of objects tell that of
one file in whole seconds, and in a listing in parts of these, by another clock (1.001 s apart in
rclone's, 2026-12-01)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file's name, size, and when it was written or renewed last."""

    name: str
    bytes: int
    changed_at: float
    is_regular: bool = True
    """Whether it is a file; else it is a link, a pipe, a folder or the like."""

    def is_as_old_as(self, other: "Entry") -> bool:
        """Whether both have the same time, as exactly as times are kept."""
        return abs(self.changed_at - other.changed_at) <= COARSE_SECONDS
