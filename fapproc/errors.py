"""Every error that a person may see: the class carries the exit code, the message the next step.

    FapError                   1  failed
    ├── SiteError              1  the site can't be reached, or its pages have changed
    │   └── NotOnSite          1  the site has no such user or folder
    ├── StorageError           1  the disk is full, or a folder can't be written
    │   ├── NameTooLong        1  the disk takes no file name of that length
    │   └── NoRoom             1  the disk is full, or this process may have no more
    ├── UsageProblem           2  arguments that contradict each other
    │   └── Changed            2  something else is there by now than what was looked at
    ├── NoArchive             10  no archive there, the predecessor's, or one of a newer program
    ├── ArchiveHeld           11  another job holds the archive
    ├── PasswordProblem       12  wrong password, none, or one that is not wanted
    ├── Damaged               13  damage found, or a file that is not what it claims
    │   └── Unreadable        13  a file that is there and can't be read now
    └── SiteAsksToStop        20  the site asked to stop; what was fetched is kept

One boundary a program catches them: `fapproc.cli.main`, the spider middleware `Boundary` of
`fapspider.middlewares`, and the error handlers of `webviewer`; a bare OSError is turned into one of
them there (`as_problem`). Exit codes are an interface.
"""

from collections.abc import Mapping
from typing import ClassVar

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    1: "failed: no such thing, a folder that can't be written, a full disk",
    2: "wrong arguments",
    3: "done, but some pictures failed, or lines of a list or groups were skipped (named)",
    10: "no archive there, or the archive of a newer version",
    11: "another job is using the archive",
    12: "wrong or no password",
    13: "damage found, or a file that is not what it claims",
    20: "the site asked to stop; what was fetched is kept",
    130: "interrupted",
}
"""What each means to who runs `fapproc`."""


class FapError(Exception):
    """What went wrong and what to do next, in a sentence for the person in front of it."""

    exit_code: ClassVar[int] = 1


class SiteError(FapError):
    """The site has no such user or folder, can't be reached, or its pages have changed."""


class NotOnSite(SiteError):
    """The site has no such user or folder of pictures; others may be there."""


class StorageError(FapError):
    """A file could not be written or read: disk full, no permission, a file where a folder is."""


class NameTooLong(StorageError):
    """A file name has more bytes than the disk takes; a shorter one may do."""


class NoRoom(StorageError):
    """The disk is full, or this process may have no more memory or open files: all files wait."""


class Away(StorageError):
    """Where the files are kept does not answer, refuses, or is not the place: all files wait."""


class UsageProblem(FapError):
    """Arguments or settings that can't be what was meant."""

    exit_code = 2


class Changed(UsageProblem):
    """What was said was said of something that has changed since."""


class NoArchive(FapError):
    """No archive that this program may open in this folder."""

    exit_code = 10


class ArchiveHeld(FapError):
    """Another job holds the archive."""

    exit_code = 11

    def __init__(
        self, why: str, then: str = "Wait for it, or end it, then run the same command again."
    ) -> None:
        """Say who holds it, in a sentence, and what to do then, in another."""
        super().__init__(f"{why} {then}")
        self.why = why


class PasswordProblem(FapError):
    """A password is wrong, missing, or given for an archive that has none."""

    exit_code = 12


class Damaged(FapError):
    """A file is not what its name or its record says."""

    exit_code = 13


class Unreadable(Damaged):
    """A file is there and can't be read: nothing is known of what it holds, so it isn't lost."""


class SiteAsksToStop(FapError):
    """The site wants a human check or answers with its limit."""

    exit_code = 20


def as_problem(error: FapError | OSError | MemoryError) -> FapError:
    """An error of ours as it is; what the system refuses, as one of ours.

    Any call may fail, those too of which no room expects it: cleaning up, a look at a folder.
    """
    if isinstance(error, FapError):
        return error
    if isinstance(error, MemoryError):
        return FapError(
            "There is not enough memory for this. Close other programs, or give this one more, "
            "then run the same command again; nothing that was stored is lost."
        )
    where = f"{error.filename}: " if error.filename else "the system says: "
    return StorageError(
        f"{where}{error.strerror or error}. Make room, give permission or repair the disk, then "
        "try again; nothing that was stored is lost."
    )


INTERRUPTED = 130
DONE_WITH_FAILURES = 3
