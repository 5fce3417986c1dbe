"""Programs as processes of their own: what a person types, with a home of its own, and its end."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests import warm

REPOSITORY = Path(__file__).parents[1]
COLD = (
    "alembic.command",
    "fapproc.cli.print",
    "fapproc.db.migrations",
    "fapproc.jobs.backup",
    "fapproc.jobs.duplicates",
    "fapproc.jobs.import_folder",
    "fapproc.jobs.repair",
    "tests.derived_once",
    "tests.importing",
    "tests.killed",
)
"""What is loaded before programs begin whose workers begin anew, as they do for everybody else."""
LOADED = (*COLD, "tests.one_worker", "tests.tried_before")
"""The same of one whose workers are forks, and whose usual commands have run before."""
FAPPROC = (sys.executable, "-m", "fapproc")
HEAVY = (
    "scrapy",
    "twisted",
    "flask",
    "sqlalchemy",
    "alembic",
    "numpy",
    "PIL",
    "onnxruntime",
    "cv2",
    "dask",
    "distributed",
    "tornado",
)
"""What takes long to load: no help and no name of a command brings it along."""


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what the person who runs the tests has set for these programs.

    Nor are they measured: what is killed or may not write leaves no measurement, or a broken one.
    """
    ours = ("FAP_", "FLASK_", "SITE_", "XDG_", "COVERAGE_")
    return {name: value for name, value in environment.items() if not name.startswith(ours)}


@dataclass(slots=True)
class Home:
    """A folder that is home, temporary folder and everything else to the programs run in it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    library: str = ""
    """One in C, of `tests.loaded`, that stands between the programs and the system, if any."""
    loaded: tuple[str, ...] = LOADED
    """What is loaded before its programs begin."""

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return self.folder / "archive"

    def password(self, text: str | None, prefix: str = "FAP_PASSWORD") -> None:
        """Give a password to what runs from now on, by a file outside; None gives none."""
        self.settings.pop(f"{prefix}_FILE", None)
        if text is not None:
            file = self.folder.parent / f"{self.folder.name}.{prefix}"
            file.write_text(f"{text}\n", encoding="utf-8")
            self.settings[f"{prefix}_FILE"] = str(file)

    @property
    def environment(self) -> dict[str, str]:
        """What the programs see."""
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        places = {"HOME": self.folder, "TMPDIR": self.folder / "tmp", "FAP_ARCHIVE": self.archive}
        places |= {f"XDG_{n}_HOME": self.folder / n.lower() for n in ("CONFIG", "CACHE", "STATE")}
        kept = clean(os.environ) | {name: str(place) for name, place in places.items()}
        return kept | {"PYTHONPATH": str(REPOSITORY)} | self.settings

    def start(self, *arguments: str) -> warm.Program:
        """Start a command of fapproc."""
        return self._start("fapproc.program:main", "fapproc", *arguments)

    def importing(self, source: Path) -> warm.Program:
        """Start an import that says after each batch how many files are in."""
        return self._start("tests.importing:run", "importing", str(self.archive), str(source))

    def _start(self, function: str, *arguments: str) -> warm.Program:
        return warm.start(
            function,
            arguments,
            modules=COLD if self.library else self.loaded,  # it is loaded into workers too
            environment=self.environment,
            measured=False,
            library=self.library,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of fapproc to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode or 0, out, err)

    def done(self, *arguments: str) -> str:
        """Run a command that must succeed; its output."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def steps(self, *arguments: str) -> int:
        """How many steps a command takes on the archive's files; it runs to its end."""
        ended = self.killed(0, *arguments)
        assert ended.returncode == 0, ended.stderr
        return int(ended.stdout.rpartition("steps: ")[2])

    def killed(self, step: int, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that is killed before this step on the archive's files, if it comes."""
        line = ("killed", str(step), str(self.archive), *arguments)
        with self._start("tests.killed:run", *line) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode or 0, out, err)

    def killed_before(self, step: int, *arguments: str) -> bool:
        """Run a command that is killed before this step; False if it ended without coming to it.

        Names in a sealed archive are random, so of two files that share a folder by chance a run
        takes a step less than the one that was counted.
        """
        ended = self.killed(step, *arguments)
        if ended.returncode == 0:
            assert int(ended.stdout.rpartition("steps: ")[2]) < step
            return False
        assert ended.returncode == -signal.SIGKILL, ended
        return True

    def killed_within(self, chance: random.Random, seconds: float, *arguments: str) -> int:
        """Run a command and kill it within so many seconds of its first step; its exit code."""
        return self.met_within(chance, seconds, warm.Program.kill, *arguments).returncode

    def met_within(
        self,
        chance: random.Random,
        seconds: float,
        meet: Callable[[warm.Program], object],
        *arguments: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; within so many seconds of its first step something happens."""
        with self.start(*arguments) as process:
            until = time.monotonic() + 120
            while not self._is_open() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(chance.random() * seconds)
            meet(process)
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode or 0, out, err)

    def _is_open(self) -> bool:
        return any((self.archive / ".locks").glob("opener-*"))
