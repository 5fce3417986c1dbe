"""A copy of the program with something more in it, as one has it who adds a site, a method, a page.

The copy comes first on the path; what it lacks (these tests) is found beside it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.warm import REPOSITORY

PYTEST = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
FAPPROC = "from fapproc.cli import main; main(prog_name='fapproc')"


def copied(folder: Path, *packages: str) -> Path:
    """Copy packages of the program into a folder; return it."""
    for package in packages:
        shutil.copytree(REPOSITORY / package, folder / package)
    return folder


def put(file: Path, before: str, text: str) -> None:
    """Put text into a file, before the one place where something stands."""
    found = file.read_text()
    assert found.count(before) == 1, (file, before)
    file.write_text(found.replace(before, text + before))


def run_tests(program: Path, *arguments: str) -> str:
    """Run tests with a copy, all of which must pass; the last line of it."""
    options = ("-q", "--import-mode=importlib", "-p", "no:randomly", "-p", "no:cacheprovider")
    return run(program, PYTEST, *options, *arguments).splitlines()[-1]


def run(program: Path, code: str, *arguments: str, **settings: str) -> str:
    """Run code with a copy, or with the program itself; what it said."""
    path = os.pathsep.join([str(program), str(REPOSITORY)])
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=program,
        env={**os.environ, "PYTHONPATH": path, "FAP_PASSWORD": "", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
