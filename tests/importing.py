"""Imports a folder and says after each batch how many files are in: those survive all that comes.

`importing ARCHIVE SOURCE`
"""

import sys
from pathlib import Path

from fapproc.archive import Archive
from fapproc.jobs.import_folder import import_folder


def main(folder: Path, source: Path) -> None:
    """Import, and acknowledge on stdout."""
    with Archive.open_or_create(folder) as archive:
        import_folder(archive, source, done=lambda count: print(count, flush=True))


def run() -> None:
    """Run what the command line says."""
    main(Path(sys.argv[1]), Path(sys.argv[2]))
