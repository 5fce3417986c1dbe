"""Dry runs: they say what would happen, are refused where it would be, and change nothing."""

from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, Fapproc
from tests.holdings import content

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
