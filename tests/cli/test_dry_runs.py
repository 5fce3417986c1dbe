"""Dry runs: they say what would happen, are refused where it would be, and change nothing."""

import zipfile
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, Fapproc
from tests.holdings import content
from tests.shelves import small

A, B = digest_of(LAKE), digest_of(LAKE_AGAIN)


def rows(folder: Path) -> object:
    with Archive.open(folder) as archive:
        return content(archive)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("tag", "create", "Seasons/Autumn"), "Tag Seasons/Autumn created"),
        (("tag", "rename", "Lakes", "Ponds"), "Tag Places/Lakes is now called Places/Ponds."),
        (("tag", "move", "Lakes", "/"), "Tag Places/Lakes is now Lakes."),
        (("tag", "apply", "Lakes", "--all"), "2 images tagged with Lakes, 1 already had it."),
        (("tag", "clear", "Places", "--all"), "Places removed from 1 image, 2 did not have it."),
        (("undo",), f"{A[:16]}  keep -> new  1.jpg (Ann / lakes) + 1.jpg (Ann / copies)"),
        (("undo", "2"), "remove tag Places/Lakes: 1 image"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_a_dry_run_says_what_would_be_and_leaves_every_row(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...], says: str
) -> None:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, "-d", folder)
    fapproc("verdict", "set", "keep", A, "-d", folder)
    before = rows(folder)
    result = fapproc(*command, "--dry-run", "-d", folder)
    assert result.exit_code == 0, result.stderr
    assert says in result.stdout and "Nothing was changed" in result.stdout + result.stderr
    assert rows(folder) == before
    done = fapproc(*command, "-d", folder)
    assert done.exit_code == 0 and rows(folder) != before


def test_a_dry_run_of_undo_names_what_it_would_bring_back(fapproc: Fapproc, folder: Path) -> None:
    fapproc("verdict", "auto", "--rule", "same", "--yes", "-d", folder)
    fapproc("prune", "--yes", "-d", folder)
    before = rows(folder)
    result = fapproc("undo", "--dry-run", "-d", folder)
    assert result.stdout == f"bring back {B[:16]}  2.jpg (Ann / lakes)\n"
    assert rows(folder) == before


def test_a_dry_run_of_undo_names_a_tag_that_is_no_more(fapproc: Fapproc, folder: Path) -> None:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, "-d", folder)
    fapproc("tag", "delete", "Lakes", "--yes", "-d", folder)
    result = fapproc("undo", "--dry-run", "-d", folder)
    assert result.stdout == "give back tag Lakes: 1 image\n"


@pytest.mark.parametrize(
    "command",
    [("undo", "9"), ("tag", "create", "a//b"), ("tag", "rename", "x", "y"), ("tag", "move", "x")],
    ids=" ".join,
)
def test_what_is_refused_is_refused_dry_too(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...]
) -> None:
    dry, wet = (fapproc(*command, *more, "-d", folder) for more in (["--dry-run"], []))
    assert (dry.exit_code, dry.stderr) == (wet.exit_code, wet.stderr) and dry.exit_code > 0


def test_a_dry_run_of_backup_counts_what_is_new_and_makes_no_folder(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    to = tmp_path / "disk" / "copy"
    dry = fapproc("backup", to, "--dry-run", "-d", folder).stdout
    assert dry.startswith("Nothing was copied. 3 images: this would copy 6 files (")
    assert not to.parent.exists()
    fapproc("backup", to, "-q", "-d", folder)
    next(to.glob("thumbs/*/*")).unlink()
    before = {path: path.stat().st_mtime_ns for path in to.rglob("*")}
    dry = fapproc("backup", to, "--dry-run", "-d", folder).stdout
    assert "would copy 1 file (" in dry and "5 there already" in dry
    assert {path: path.stat().st_mtime_ns for path in to.rglob("*")} == before
    for wrong in (folder / "in", tmp_path):
        result = fapproc("backup", wrong, "--dry-run", "-d", folder)
        assert result.exit_code == 2 and not (folder / "in").exists()


@pytest.mark.parametrize("there", [True, False], ids=["into an archive", "into none"])
def test_a_dry_run_of_import_says_in_a_line_each_what_would_come(
    fapproc: Fapproc, folder: Path, tmp_path: Path, there: bool
) -> None:
    target, source = folder if there else tmp_path / "none", tmp_path / "from"
    files = {"a/new.png": small(7), "b/again.png": small(7), "b/lake.jpg": LAKE, "b/c.png": b"no"}
    for name, data in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    with zipfile.ZipFile(source / "packed.cbz", "w") as packed:
        packed.writestr("inner.png", small(8))
    before = rows(folder)
    dry = fapproc("import", source, "--dry-run", "-d", target)
    new = {"from/a/new.png": small(7), "from/packed.cbz/inner.png": small(8)}
    new |= {} if there else {"from/b/lake.jpg": LAKE}
    *lines, last = dry.stdout.splitlines()
    told = {line.split("  ")[-1]: line.split()[0] for line in lines}
    assert told == {name: digest_of(data)[:16] for name, data in new.items()}
    assert rows(folder) == before and not (tmp_path / "none").exists()
    wet = fapproc("import", source, "-q", "-d", target)
    assert last == f"Nothing was imported. It would be {wet.stdout.strip()}"
    assert dry.exit_code == wet.exit_code == 3
    assert "Failed: from/b/c.png: not-a-picture" in dry.stderr
    assert "password" not in dry.stderr  # none is made that might have one


def test_a_dry_run_of_import_knows_what_was_pruned_and_what_was_moved(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    fapproc("verdict", "auto", "--rule", "same", "--yes", "-d", folder)
    fapproc("prune", "--yes", "-d", folder)
    (tmp_path / "from" / "ponds").mkdir(parents=True)
    (tmp_path / "from" / "ponds" / "copy.jpg").write_bytes(LAKE_AGAIN)
    for number in (9, 10):
        (tmp_path / "from" / "ponds" / f"{number}.png").write_bytes(small(number))
    line = ("import", tmp_path / "from", "-q", "-d", folder)
    assert "2 new pictures (" in fapproc(*line).stdout
    (tmp_path / "from" / "ponds").rename(tmp_path / "from" / "lakes")
    dry = fapproc(*line, "--dry-run").stdout
    assert "Album 'from/ponds' was moved or renamed to " in dry
    assert "0 new pictures (0 B), 3 already in the archive" in dry
