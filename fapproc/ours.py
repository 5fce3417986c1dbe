"""What this program calls its files: by these forms, and no others, it knows what is its own.

Only a file whose name has its form to the letter is written over or removed; whatever else lies in
a folder is a person's, and left alone.
"""

import re

DATABASE = "imagefap.database"
DESCRIPTION = "archive.json"
TEMPORARY = ".unfinished"
"""The folder of temporary files; there is one wherever such files are to end."""
MARK = ".fapproc-archive"
"""In a folder that `blobs` or `thumbs` is a link to: whose it is."""
HALF = re.compile(r"half-[0-9a-f]{32}")
"""A temporary file."""
FORMER_TEMPORARY = ".tmp"
FORMER_HALF = re.compile(r"[0-9]+-[0-9a-f]{16}")
"""The same, as it was called until November 2026; no lock tells whose it is."""
ASIDE = ".aside"
_STEM = r"(blobs|thumbs)/([0-9a-f]{2})/\2[0-9a-f]{62}"
OPEN = re.compile(rf"{_STEM}\.[a-z]{{3,4}}")
"""A blob or thumbnail of an open archive."""
SEALED = re.compile(_STEM)
"""The same of a sealed one."""
STORED = re.compile(rf"{_STEM}(\.[a-z]{{3,4}})?({re.escape(ASIDE)})?")
"""Either, or a copy that a repair keeps aside."""
ANY = re.compile(r".+", re.DOTALL)
"""Where more than the last part of a name says whose a file is: its path, or all its bytes."""
OPENER = re.compile(r"opener-[0-9]+-[0-9a-f]{8}")
"""Who has an archive open."""
LOGS = ("-wal", "-shm", "-journal")
"""What SQLite adds to a database's name for files of its own."""
_LOGS = f"({'|'.join(LOGS)})"
DATABASE_LOG = re.compile(rf"{re.escape(DATABASE)}{_LOGS}")
DATABASE_COPY = re.compile(rf"{re.escape(DATABASE)}\.(new|copy|before-[0-9]{{4}})(\.part)?{_LOGS}?")
"""The other form of the database, its copy for a backup or before an upgrade; whole or not."""
WHOLE_COPY = re.compile(rf"{re.escape(DATABASE)}\.before-[0-9]{{4}}")
_IN_ARCHIVE = frozenset(
    {DESCRIPTION, f"{DESCRIPTION}.bak", DATABASE, "blobs", "thumbs", "tag_export", "tag_export.zip"}
    | {".locks", ".backup", TEMPORARY}
)
"""What an archive's folder holds, beside logs and copies of the database."""


def is_ours(name: str) -> bool:
    """Whether something of this name in an archive's folder is the archive's."""
    forms = (DATABASE_LOG, DATABASE_COPY)
    return name in _IN_ARCHIVE or any(form.fullmatch(name) for form in forms)
