"""A stored file as a listing shows it, without a look inside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A file's name, size, and when it was written or renewed last."""

    name: str
    bytes: int
    changed_at: float
    is_regular: bool = True
    """Whether it is a file; else it is a link, a pipe, a folder or the like."""
