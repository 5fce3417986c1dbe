"""`--cluster`, `fapproc scheduler` and `fapproc worker`: real programs, and the page about them."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.errors import StorageError, UsageProblem
from fapproc.executors import cluster_rules
from fapproc.jobs import clusters
from fapproc.unlocking import unlock
from fapproc.vault.keys import Purpose
from tests.cli.conftest import Fapproc
from tests.drawing import landscape
from tests.holdings import PASSWORD, content, given
from tests.programs import REPOSITORY, Home
from tests.warm import Program

URL = "tls://127.0.0.1:8786"
COUNT = 12


def drawn(home: Home) -> None:
    pictures = home.folder / "pictures"
    pictures.mkdir(parents=True)
    for seed in range(COUNT // 2):
        landscape(seed, (120, 80)).save(pictures / f"{seed}.png")
        landscape(seed, (120, 80)).save(pictures / f"{seed} again.jpg", quality=85)
    whole = (pictures / "1.png").read_bytes()
    (pictures / "broken.png").write_bytes(whole[:-900])


def line(program: Program, words: str) -> str:
    """Wait for a line with these words: what a scheduler answers, or what a worker tells."""
    stream = program.stdout if "scheduler is at" in words else program.stderr
    for each in stream:
        if words in each:
            return each
    raise AssertionError(f"it did not say {words!r}")


@dataclass
class Begun:
    """A scheduler and its workers."""

    url: str
    scheduler: Program
    workers: list[Program]

    @property
    def process(self) -> int:
        """The number of the process that schedules."""
        children = Path(f"/proc/{self.scheduler.pid}/task/{self.scheduler.pid}/children")
        return int(children.read_text().split()[0])


@contextmanager
def begun(home: Home, commands: list[str]) -> Iterator[Begun]:
    """Begin what the page says, at a free port; each ends by Ctrl-C, or as a service does."""
    signals = cycle((signal.SIGINT, signal.SIGTERM))
    assert commands[0] == "fapproc scheduler"
    with ExitStack() as ending:

        def start(*words: str) -> Program:
            program = ending.enter_context(home.start(*words))
            ending.callback(program.send_signal, next(signals))
            return program

        scheduler = start("scheduler", "--listen", "tls://127.0.0.1:0")
        url = line(scheduler, "The scheduler is at ").split()[-1]
        workers = [start(*each.replace(URL, url).split()[1:]) for each in commands[1:]]
        for worker in workers:
            line(worker, "Working for")
        yield Begun(url, scheduler, workers)
    assert [each.returncode for each in (scheduler, *workers)] == [0] * (1 + len(workers))


def of_the_page() -> list[str]:
    page = (REPOSITORY / "docs" / "cluster.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return str(block).splitlines()


def in_memory(pid: int, sought: list[bytes]) -> list[bytes]:
    """Which of these bytes lie in the memory of a process now."""
    found = set[bytes]()
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for each in maps:
            span, rights, *_ = each.split()
            if not rights.startswith("rw"):
                continue
            first, last = (int(one, 16) for one in span.split("-"))
            memory.seek(first)
            try:
                data = memory.read(last - first)
            except OSError:
                continue
            found |= {one for one in sought if one in data}
    return sorted(found)


def on_disk(home: Home, sought: list[bytes]) -> list[str]:
    files = (file for file in home.folder.rglob("*") if file.is_file())
    return [
        str(file)
        for file in files
        if "pictures" not in file.parts and any(one in file.read_bytes() for one in sought)
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="a process's memory is read in /proc")
def test_the_page_begins_a_cluster_that_does_the_same_and_sees_nothing_of_a_sealed_archive(
    tmp_path: Path,
) -> None:
    alone, home = Home(tmp_path / "alone"), Home(tmp_path / "home")
    for each in (alone, home):
        drawn(each)
        each.password(PASSWORD)
        each.done("import", "-q", str(each.folder / "pictures"))
    ended = [alone.run("process", "-q"), alone.run("dedup", "-q")]
    commands = of_the_page()
    with begun(home, commands[:3]) as cluster:
        said = [home.run(*each.replace(URL, cluster.url).split()[1:]) for each in commands[3:]]
        with given(PASSWORD), Archive.open(home.archive) as archive:
            thumbs = content(archive)[1]
        with given(PASSWORD):
            keys = unlock(home.archive).keys
        assert keys is not None
        digests = [each["sha256"].encode() for each in objects(home, "image")]
        secrets = [keys.subkey(Purpose.CLUSTER), keys.subkey(Purpose.BLOB), PASSWORD.encode()]
        pictures = [data[len(data) // 2 :][:24] for data in thumbs.values()]
        sought = [*digests, *pictures, *secrets]
        assert len(digests) == COUNT + 1 and len(pictures) >= 2 * COUNT
        assert in_memory(cluster.process, sought) == []
        assert in_memory(cluster.process, [b"fapproc.executors.joined"]), "its memory was read"
        assert on_disk(home, sought) == []
    assert [(one.returncode, one.stdout) for one in said] == [
        (one.returncode, one.stdout) for one in ended
    ]
    assert said[0].returncode == 3 and "12 images processed, 1 failed." in said[0].stdout
    assert objects(home, "group") == objects(alone, "group") != []
    with given(PASSWORD), Archive.open(alone.archive) as archive:
        assert content(archive)[1] == thumbs
    file = next(home.folder.rglob("cluster.pem"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [*(home.folder / "tmp").iterdir()]


def objects(home: Home, kind: str) -> list[dict[str, str]]:
    import json

    found = map(json.loads, home.done("print", "--json").splitlines())
    return [each for each in found if each["kind"] == kind]


@pytest.mark.long
def test_a_scheduler_that_is_killed_ends_a_command_with_one_sentence_and_it_goes_on(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    drawn(home)
    home.done("import", "-q", str(home.folder / "pictures"))
    with begun(home, of_the_page()[:3]) as cluster:
        port = cluster.url.rpartition(":")[2]
        with home.start("process", "--cluster", cluster.url) as program:
            os.kill(cluster.process, signal.SIGKILL)
            _, err = program.communicate(timeout=120)
        assert program.returncode == 1 and err.count("Error: ") == 1, err
        line(cluster.workers[0], "waiting until it is back")
        line(cluster.workers[0], "Working for")
        again = home.run("process", "-q", "--cluster", f"tls://127.0.0.1:{port}")
        assert again.returncode == 3
    alone = Home(tmp_path / "alone")
    drawn(alone)
    alone.done("import", "-q", str(alone.folder / "pictures"))
    alone.run("process", "-q")
    assert objects(home, "image") == objects(alone, "image")


def test_a_cluster_of_this_computer_begins_and_ends_with_the_command(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    drawn(home)
    home.done("import", "-q", str(home.folder / "pictures"))
    made = home.run("process", "-q", "--cluster", "local[1]")
    assert (made.returncode, made.stderr) == (3, "")
    assert made.stdout == "12 images processed, 1 failed.\n"
    again = home.run("encode", "-q", "--cluster", "local")
    assert again.stdout == "0 images processed, 0 failed.\n"
    assert not [*(home.folder / "tmp").iterdir()]
    assert not [*home.folder.rglob("cluster.pem")]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("somewhere", r"somewhere is no address of a scheduler: give tls://HOST or"),
        ("local[0]", r"local\[0\] is no cluster: name 1 to 60 workers\."),
        ("tcp://127.0.0.1:8786", "is no address of a scheduler"),
        (URL, r"cluster\.pem, which admits computers to a cluster, can't be read: No such file"),
    ],
)
@pytest.mark.parametrize("command", ["process", "dedup"])
def test_what_is_no_cluster_is_code_2(
    fapproc: Fapproc, folder: Path, command: str, typed: str, sentence: str
) -> None:
    if typed == URL:
        fapproc("config", "-d", folder, "set", "percept", "3")  # so that there is something to do
        command = "worker"
    words = [command, "-d", folder, *(["--cluster"] if command != "worker" else []), typed]
    said = fapproc(*words)
    assert said.exit_code == 2
    assert re.search(sentence, said.stderr), said.stderr
    assert said.stderr.count("\n") == 1


def test_rows_in_a_file_are_not_shared_with_another_computer(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    elsewhere = "tls://192.0.2.1:8786"
    said = fapproc("worker", "-d", folder, elsewhere)
    assert said.exit_code == 2
    assert "are in a file" in said.stderr and "fapproc move --database" in said.stderr
    with (
        Archive.open(folder) as archive,
        pytest.raises(UsageProblem, match="are in a file"),
        clusters.joined(archive, elsewhere, tmp_path / "any.pem", print),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_certificate_that_finds_no_room_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "new" / "cluster.pem"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StorageError, match="can't be written: No space left"):
            clusters.made(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not file.exists()
    assert clusters.made(file) and not clusters.made(file)
    assert clusters.kept(file) == file


def test_a_certificate_that_others_may_read_or_that_is_none_is_code_2(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "some.pem"
    file.write_text("none")
    for mode, sentence in ((0o644, "chmod 600"), (0o600, "is not the key and certificate")):
        file.chmod(mode)
        said = fapproc("worker", "-d", folder, URL, "--certificate", file)
        assert said.exit_code == 2 and sentence in said.stderr


def test_without_its_packages_it_is_one_sentence_with_the_next_step(
    fapproc: Fapproc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "distributed"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(cluster_rules, "find_spec", lambda name: None)
    for words in (["process", "--cluster", "local"], ["worker", URL], ["scheduler"]):
        said = fapproc(*words, "-d", folder)
        assert said.exit_code == 2
        assert said.stderr == (
            "Error: A cluster needs the package distributed, which is not installed. "
            "Install it with: pip install 'fapfavorites[cluster]'\n"
        )
