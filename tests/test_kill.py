"""SIGKILL and worse at any moment: the archive opens, and all that was acknowledged is there."""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fapproc import description, ours
from fapproc.archive import Archive
from fapproc.db import pruned
from fapproc.errors import PasswordProblem
from fapproc.jobs.check import check
from fapproc.jobs.findings import Problem, files_of
from fapproc.jobs.import_folder import import_folder
from fapproc.vault.store import digest_of
from tests.drawing import landscape, write
from tests.holdings import content, copied, given, sample, settle, skip
from tests.legacy.writer import old_archive
from tests.programs import COLD, Home
from tests.troubles import Strangers, kill_a_worker, stop, unreadable
from tests.warm import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

FOLDERS, EACH = 4, 2
SECONDS = {"import": 0.5, "process": 3.0, "dedup": 0.6, "check": 0.5, "delete": 0.6}
SECONDS |= {"prune": 0.6, "undo": 0.4, "export": 0.6, "import-legacy": 0.6}
SECONDS |= dict.fromkeys(("seal", "unseal", "passwd"), 1.2)
"""Within how many seconds of its first step a command is met; each takes about so long."""
UNREADABLE = frozenset({3, 13})
"""How a command may end that met a file that can't be read, besides with 0."""


class Life:
    """An archive that is worked on, killed and troubled, and what must be in it."""

    def __init__(self, home: Home, seed: int) -> None:
        self.home = home
        self.chance = random.Random(seed)
        self.passwords = ["first"]
        self.files: set[str] = set()
        self.doomed: set[str] = set()
        """What the last command was to delete: all of it goes, or nothing."""
        self.gone: set[str] = set()
        """What it has deleted to its end."""
        self.imported = 0
        self.known: set[str] = set()
        """All that was ever there."""
        self.exported = home.folder / "exported"
        self.legacy = home.folder / "legacy"
        self.done: Counter[str] = Counter()
        """What has come upon it, and how often."""

    @property
    def kills(self) -> int:
        """How many commands and workers were killed."""
        return self.done["killed"] + self.done["worker killed"]

    @property
    def sealed(self) -> bool:
        """Whether the archive is sealed now."""
        found = description.read(self.home.archive)
        return found is not None and found.sealed

    def begin(self) -> None:
        """Import the first pictures, to the end."""
        old_archive().write(self.legacy)
        source = self._source()
        self.strangers = Strangers(self.home.archive, self.home.folder / "outside")
        self._importing(source, kill=False)
        self._check()

    def turn(self) -> None:
        """Start a command that may be started now, let something happen to it, and look."""
        if self.chance.random() < 0.1:
            self.strangers.put(self.chance)
            self.done["foreign file"] += 1
        if self.chance.random() < 0.25:
            blobs = self.home.archive.glob("blobs/??/??*")
            file = self.chance.choice(sorted(path for path in blobs if self._holds(path)))
            with unreadable(file, self.home.folder / "kept", self.chance):
                self.done["unreadable"] += 1
                self._command(UNREADABLE)
                self._name(file.relative_to(self.home.archive).as_posix())
        else:
            self._command(frozenset())
        self._check()

    def _command(self, codes: frozenset[int]) -> None:
        forms = ["unseal", "passwd"] if self.sealed else ["seal"]
        deletes = ["delete", "prune", "undo"] * (not codes and len(self.files) > EACH)
        brings = ["export", "import-legacy"] * (not codes)
        command = self.chance.choice(
            ["import", "process", "dedup", "check", *brings, *deletes, *forms, *forms]
        )
        self.home.password(self.passwords[0] if self.sealed or command == "seal" else None)
        if command == "import":
            self._importing(self._source(), kill=True)
            return
        if command == "passwd":
            self.passwords.append(f"password {self.kills}")
            self.home.password(self.passwords[-1], "FAP_NEW_PASSWORD")
        codes |= {0, 13} if command == "check" else {0}  # files of others are findings
        if command == "delete":
            self.doomed = set(self.chance.sample(sorted(self.files), EACH))
        options = {"check": ["--repair"], "passwd": [], "dedup": []}
        options["delete"] = [*sorted(self.doomed), "--yes"]
        if command == "prune":
            self.doomed = self._skip_one()
            options["prune"] = ["--yes", *["--now"] * self.chance.randrange(2)]
        codes |= {1, 2} if command == "undo" else set()  # there is nothing that can be undone
        options["undo"] = []
        options["export"] = ["--query", "format=png", "--output", str(self.exported)]
        options["import-legacy"] = [str(self.legacy), "-q"]
        line = [command, *options.get(command, ["-q"])]
        meet = self.chance.choice([self._kill] * 4 + [self._stop])
        if command == "process" and self.chance.random() < 0.5:
            meet, codes = self._kill_a_worker, codes | {0, 3}
        ended = self.home.met_within(self.chance, SECONDS[command], meet, *line)
        self.done["killed"] += ended.returncode == -signal.SIGKILL
        if command in {"delete", "prune"} and ended.returncode == 0:
            self.done[f"{command}d"] += 1
            self.gone = self.doomed
        assert ended.returncode in {*codes, -signal.SIGKILL}, (line, ended)
        assert "Traceback" not in ended.stderr, (line, ended)

    def _skip_one(self) -> set[str]:
        """Judge two images as one picture, of which one is to go; its digest."""
        kept, skipped = self.chance.sample(sorted(self.files), 2)
        with self._opened() as archive:
            skip(archive, kept, skipped)
        return {skipped}

    def _kill(self, process: Program) -> None:
        process.kill()

    def _kill_a_worker(self, process: Program) -> None:
        self.done["worker killed"] += kill_a_worker(process, self.chance)

    def _stop(self, process: Program) -> None:
        """Let it stand still while another program looks at all, and then go on or be killed."""
        if stop(process):
            self.done["stopped"] += 1
            try:
                ended = self.home.run("stats")
                assert ended.returncode in {0, 11, 12}, ended  # 12: sealed, or not yet
            finally:
                process.send_signal(self.chance.choice([signal.SIGCONT, signal.SIGKILL]))

    def _name(self, name: str) -> None:
        """See that a file that can't be read is named, where nothing begun is to be finished."""
        found = description.read(self.home.archive)
        if found is not None and found.work is None:
            with self._opened() as archive:
                findings = check(archive).findings
                with archive.reading() as connection:
                    rows = [each for batch in pruned.with_files(connection) for each in batch]
                named = {file.name for row in rows for file in files_of(archive, row)}
            unread = [f.name for f in findings if f.kind is Problem.UNREADABLE]
            # A killed import leaves files without rows: of these nothing is said for a day.
            assert unread == [name] * (name in named), findings

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
        with self.home.importing(source) as process:
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
        self.done["killed"] += process.returncode == -signal.SIGKILL

    def _check(self) -> None:
        """Finish what was begun; then open, read every file, and find all that was acknowledged."""
        settle(self.home.archive, self.passwords[0])
        with self._opened() as archive:
            _, files = content(archive)
            findings = check(archive, read_data=True).findings
        assert {finding.name for finding in findings} == self.strangers.named
        assert self.strangers.unharmed()
        there = {name.removeprefix("blob ") for name in files if name.startswith("blob ")}
        assert self.files - self.doomed <= there
        assert self.doomed & there in (set(), self.doomed)
        assert not self.gone & there
        self.doomed, self.gone = set(), set()
        assert not list(self.home.archive.rglob(".unfinished/*"))
        whole = {digest_of(file.read_bytes()) for file in self.exported.rglob("*.png")}
        assert whole <= self.known | there
        self.known |= there
        self.files = there  # what was stored and not yet acknowledged stays as well

    def _holds(self, file: Path) -> bool:
        """Whether a file below `blobs` is the archive's."""
        return ours.STORED.fullmatch(file.relative_to(self.home.archive).as_posix()) is not None

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


def live(home: Home, seed: int, kills: int) -> Counter[str]:
    """Start commands until so many were killed; the others were done before their kill came.

    Returns:
        what has come upon them, and how often.
    """
    life = Life(home, seed)
    life.begin()
    while life.kills < kills:
        life.turn()
        life.done["turns"] += 1
        assert life.done["turns"] < 20 * kills, "nearly all commands are done before their kill"
    return life.done


@pytest.mark.parametrize("seed", range(1))
def test_what_was_acknowledged_survives_every_kill(seed: int, tmp_path: Path) -> None:
    live(Home(tmp_path / "home", loaded=COLD), seed, kills=3)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_what_was_acknowledged_survives_a_thousand_kills(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    done = live(Home(tmp_path / "home", loaded=COLD), seed, kills=50)
    for what, times in done.items():
        record_property(what, times)


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
        home.killed_before(step, *line)
        with given("first"), Archive.open_or_create(home.archive) as archive:
            import_folder(archive, source)
            _, files = content(archive)
        assert len(files) == EACH, step
