"""Two commands at once that change the same pictures: nothing is half done, and all is sound."""

from contextlib import ExitStack
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from fapproc.archive import Archive
from fapproc.jobs import check, duplicates, inventory, judging, pruning, tagging
from fapproc.model import Verdict
from fapproc.selections.grammar import of_digests
from fapproc.vault.store import digest_of
from tests.holdings import copied
from tests.processes import Process
from tests.programs import FAPPROC, Home
from tests.shelves import fill, numbered, photo, picture, process, small

LAKE, COPY, OTHER, NEW = photo(1), photo(1, quality=60), small(3), small(4)
KEPT, SKIPPED = digest_of(LAKE), digest_of(COPY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a group that is judged, and two decisions about tags."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    with Archive.open_or_create(folder) as archive:
        fill(archive, {"lakes": numbered(LAKE, COPY), "others": [picture(1203, OTHER)]})
        process(archive)
        duplicates.find_duplicates(archive)
        judging.set_verdicts(archive, KEPT, {KEPT: Verdict.KEEP, SKIPPED: Verdict.SKIP})
        tagging.create(archive, "Lakes")
        tagging.apply(archive, "Lakes", of_digests([KEPT]))
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.folder.mkdir()
    copied(made, found.archive)
    return found


def both(home: Home, *commands: tuple[str, ...]) -> list[int]:
    """Run two commands at once; their exit codes. None of them says a fault of the program."""
    with ExitStack() as running:
        started = [
            running.enter_context(
                Process(
                    [*FAPPROC, *words],
                    env=home.environment,
                    stdin=DEVNULL,
                    stdout=PIPE,
                    stderr=PIPE,
                    text=True,
                )
            )
            for words in commands
        ]
        said = [each.communicate(timeout=120) for each in started]
    assert not any("Traceback" in text for pair in said for text in pair), said
    return [each.returncode for each in started]


def sound(archive: Archive) -> bool:
    return not check.check(archive, read_data=True).findings


def there(archive: Archive) -> set[str]:
    return {entry.image.digest for entry in inventory.entries(archive)}


def test_a_prune_beside_an_import_of_the_same_bytes(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    (source / "copy.jpg").write_bytes(COPY)
    (source / "new.png").write_bytes(NEW)
    codes = both(home, ("prune", "--yes"), ("import", str(source)))
    assert codes[0] in {0, 2} and codes[1] == 0  # 2: it has changed meanwhile
    with Archive.open(home.archive) as archive:
        binned = {each.stored.image.digest for each in pruning.bin_(archive)}
        assert binned == ({SKIPPED} if codes[0] == 0 else set())
        assert there(archive) | binned == {KEPT, SKIPPED, digest_of(OTHER), digest_of(NEW)}
        assert not there(archive) & binned
        assert sound(archive)


def test_an_export_beside_a_deletion(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    codes = both(
        home,
        ("export", "--all", "--include-skipped", "-o", str(out)),
        ("delete", "--album", "others", "--yes"),
    )
    assert codes[0] in {0, 13} and codes[1] == 0  # 13: a file was gone when its turn came
    files = [file for file in out.rglob("*") if file.is_file() and not file.name.startswith(".")]
    written = {digest_of(file.read_bytes()) for file in files}
    assert {KEPT, SKIPPED} <= written  # what was not deleted
    assert written <= {KEPT, SKIPPED, digest_of(OTHER)}
    with Archive.open(home.archive) as archive:
        assert there(archive) == {KEPT, SKIPPED}
        assert sound(archive)


def test_two_undos_take_back_two_decisions(home: Home) -> None:
    assert both(home, ("undo",), ("undo",)) == [0, 0]
    with Archive.open(home.archive) as archive:
        newest, before, first = judging.decisions(archive)
        assert newest.undone_at and before.undone_at and not first.undone_at
        assert tagging.listed(archive) == []
        assert sound(archive)
