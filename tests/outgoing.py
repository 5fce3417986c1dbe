"""Programs that are watched: whom they ask over the network, what they make, what they leave.

The watch is `outgoing.c`, loaded into each process, so that libraries in C are seen too.
"""

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests import programs, warm
from tests.fapspider import crawling
from tests.loaded import library

REPOSITORY = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
_THRIFT = ("tests.derived_once", "tests.one_worker", "tests.tried_before")
_OTHERS = (each for each in (*programs.LOADED, *crawling.LOADED) if each not in _THRIFT)
LOADED = (*_OTHERS, "scrapy.cmdline", "tests.one_process")
"""Workers begin anew in each program, and are watched like it; keys are derived in each."""
BEGINNINGS = {"fapproc": "fapproc.program:main", "scrapy": "scrapy.cmdline:execute"}
"""Where the programs begin that can be forked from a process that has loaded their libraries."""
_MADE = "makes "


@dataclass
class Watched:
    """A folder that holds home, temporary folder and archive of watched programs, and their log."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make home and temporary folder, empty."""
        for place in (self.home, self.temporary):
            place.mkdir(parents=True)
        self._log.touch()

    @property
    def home(self) -> Path:
        """What the programs take for the person's home."""
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """Where they may put what they remove again."""
        return self.folder / "tmp"

    @property
    def archive(self) -> Path:
        """Where they keep pictures."""
        return self.folder / "archive"

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program of this environment, with nothing that the tests' own process has set."""
        return subprocess.Popen(
            [BIN / command[0], *command[1:]],
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> int:
        """Run a program to its end, which is no traceback; its exit code.

        It is forked from one that has loaded all libraries, and was watched as it did.
        """
        with warm.start(
            BEGINNINGS[command[0]],
            (str(BIN / command[0]), *command[1:]),
            modules=LOADED,
            environment=self._environment,
            measured=False,
            library=library("outgoing"),
            before=tuple(loading()._environment.items()),
        ) as program:
            told = "".join(program.communicate(timeout=120))
        assert "Traceback" not in told, told
        return program.wait()

    def run_cold(self, *command: str) -> int:
        """The same, of a program that loads its libraries itself, as a person's does."""
        with self.start(*command) as program:
            told, _ = program.communicate(timeout=120)
        assert "Traceback" not in told, told
        return program.returncode

    def asked(self) -> list[str]:
        """Whom they asked that is not this computer, and how."""
        return sorted({note for note in self._notes() if not note.startswith(_MADE)})

    def strayed(self) -> list[str]:
        """What they made, or tried to, outside of the folder."""
        made = {note.removeprefix(_MADE) for note in self._notes() if note.startswith(_MADE)}
        return sorted(path for path in made if not _is_below(path, (*_DEVICES, str(self.folder))))

    def left(self) -> list[str]:
        """What lies in home and temporary folder, folders of folders left out."""
        places = (path for part in (self.home, self.temporary) for path in part.rglob("*"))
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in places
            if not path.is_dir() or not any(path.iterdir())
        )

    @property
    def _environment(self) -> dict[str, str]:
        """All that the programs see of the environment: nothing that the tests' process has set."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "FAP_ARCHIVE": str(self.archive),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "LD_PRELOAD": library("outgoing"),
            "OUTGOING": str(self._log),
            **self.settings,
        }

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _notes(self) -> list[str]:
        return self._log.read_text().splitlines()


@cache
def loading() -> Watched:
    """Where the process is watched from which programs are forked."""
    folder = Path(mkdtemp(prefix="loading-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Watched(folder)


_DEVICES = ("/dev/null", "/dev/tty", "/dev/ptmx")


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
