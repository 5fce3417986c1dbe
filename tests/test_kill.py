"""SIGKILL at random moments: the archive opens, and all that was acknowledged is there."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fapproc import description
from fapproc.archive import Archive
from fapproc.errors import PasswordProblem
from fapproc.jobs.import_folder import import_folder
from fapproc.vault.store import digest_of
from tests.drawing import landscape, write
from tests.holdings import content, copied, given, sample, settle
from tests.programs import REPOSITORY, Home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

FOLDERS, EACH = 6, 3
SECONDS = {"import": 0.5, "process": 3.0, "dedup": 0.6, "seal": 1.2, "unseal": 1.2, "passwd": 1.2}
"""Within how many seconds of its first step a command is killed; each takes about so long."""


class Life:
    """An archive that is worked on and killed, and what must be in it."""

    def __init__(self, home: Home, seed: int) -> None:
        self.home = home
        self.chance = random.Random(seed)
        self.passwords = ["first"]
        self.files: set[str] = set()
        self.imported = 0
        self.kills = 0

    @property
    def sealed(self) -> bool:
        """Whether the archive is sealed now."""
        found = description.read(self.home.archive)
        return found is not None and found.sealed

    def begin(self) -> None:
        """Import the first pictures, to the end."""
        source = self._source()
        self._importing(source, kill=False)
        self._check()

    def turn(self) -> None:
        """Start a command that may be started now, kill it, and look at what is left."""
        forms = ["unseal", "passwd"] if self.sealed else ["seal"]
        command = self.chance.choice(["import", "process", "dedup", *forms, *forms])
        self.home.password(self.passwords[0] if self.sealed or command == "seal" else None)
        if command == "import":
            self._importing(self._source(), kill=True)
        else:
            if command == "passwd":
                self.passwords.append(f"password {self.kills}")
                self.home.password(self.passwords[-1], "FAP_NEW_PASSWORD")
            quiet = [] if command in {"passwd", "dedup"} else ["-q"]
            code = self.home.killed_within(self.chance, SECONDS[command], command, *quiet)
            self.kills += code == -signal.SIGKILL
            assert code in {0, -signal.SIGKILL}, command
        self._check()

    def _source(self) -> Path:
        """A folder with new pictures, a few in each folder below."""
        self.imported += 1
        root = self.home.folder / f"pictures-{self.imported}"
        for place in range(FOLDERS):
            (root / str(place)).mkdir(parents=True)
            for number in range(EACH):
                picture = landscape(self.chance.randrange(2**32), (48, 32))
                (root / str(place) / f"{number}.png").write_bytes(write(picture, "PNG"))
        return root

    def _importing(self, source: Path, *, kill: bool) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.importing", str(self.home.archive), str(source)],
            cwd=REPOSITORY,
            env=self.home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            if kill:
                acknowledged = [
                    process.stdout.readline() for _ in range(self.chance.randrange(FOLDERS))
                ]
                time.sleep(self.chance.random() * 0.05)
                process.kill()
            else:
                acknowledged = []
            acknowledged += process.stdout.readlines()
            _, errors = process.communicate(timeout=120)
        assert process.returncode in {0, -signal.SIGKILL}, errors
        self.files |= _digests(source, sum(line.endswith("\n") for line in acknowledged))
        self.kills += process.returncode == -signal.SIGKILL

    def _check(self) -> None:
        """Finish what was begun; then open, read every file, and find all that was acknowledged."""
        settle(self.home.archive, self.passwords[0])
        with self._opened() as archive:
            _, files = content(archive)
        there = {name.removeprefix("blob ") for name in files if name.startswith("blob ")}
        assert self.files <= there
        assert not list(self.home.archive.rglob(".unfinished/*"))
        self.files = there  # what was stored and not yet acknowledged stays as well

    def _opened(self) -> Archive:
        if not self.sealed:
            return Archive.open(self.home.archive)
        for password in self.passwords:
            try:
                with given(password):
                    archive = Archive.open(self.home.archive)
            except PasswordProblem:
                continue
            self.passwords = [password]
            return archive
        raise AssertionError("no password opens the archive")


def _digests(source: Path, batches: int) -> set[str]:
    """The digests of the pictures of the first folders, in the order of an import."""
    places = sorted(source.iterdir())[:batches]
    return {digest_of(file.read_bytes()) for place in places for file in place.iterdir()}


def live(home: Home, seed: int, kills: int) -> None:
    """Start commands until so many were killed; the others were done before their kill came."""
    life = Life(home, seed)
    life.begin()
    starts = 0
    while life.kills < kills:
        life.turn()
        starts += 1
        assert starts < 20 * kills, "nearly all commands are done before their kill"


@pytest.mark.parametrize("seed", range(1))
def test_what_was_acknowledged_survives_every_kill(seed: int, tmp_path: Path) -> None:
    live(Home(tmp_path / "home"), seed, kills=3)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_what_was_acknowledged_survives_hundreds_of_kills(seed: int, tmp_path: Path) -> None:
    live(Home(tmp_path / "home"), seed, kills=20)


def test_a_new_sealed_archive_survives_a_kill_before_any_step(tmp_path: Path) -> None:
    _kill_the_first_import(Home(tmp_path / "home"), 4, 0)


@pytest.mark.long
def test_a_new_sealed_archive_survives_a_kill_before_each_step(tmp_path: Path) -> None:
    _kill_the_first_import(Home(tmp_path / "home"), 10_000, 0)


def _kill_the_first_import(home: Home, most: int, seed: int) -> None:
    source = home.folder / "pictures"
    source.mkdir(parents=True)
    for number in range(EACH):
        (source / f"{number}.png").write_bytes(write(landscape(number, (48, 32)), "PNG"))
    home.password("first")
    line = ("import", str(source), "-q")
    nothing = home.folder / "nothing"
    nothing.mkdir()
    count = home.steps(*line)
    for step in sample(count, most, seed):
        copied(nothing, home.archive)
        assert home.killed(step, *line).returncode == -signal.SIGKILL
        with given("first"), Archive.open_or_create(home.archive) as archive:
            import_folder(archive, source)
            _, files = content(archive)
        assert len(files) == EACH, step
