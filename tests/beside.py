"""What lies beside the project, where it does: cases and pictures of others, only ever read.

`SHARED_FILES` says where; `../shared` from the project's root if it is not set.
"""

import os
from pathlib import Path

from tests.programs import REPOSITORY

SHARED = Path(os.environ.get("SHARED_FILES", REPOSITORY.parent / "shared"))
CASES = SHARED / "cases"
CORPUS = SHARED / "data" / "corpus"


def corpus() -> list[Path]:
    """Picture files of other projects' test suites, in order; what tells of them is none."""
    return sorted(file for file in CORPUS.glob("*/*") if file.is_file())
