"""Picture files of other projects' test suites, sound, odd and broken, through the whole program.

They lie beside the project, where they do (`../shared`, or SHARED_FILES says where), and are only
read.
"""

import os
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs import check, derive, duplicates, export, import_folder, inventory, media, tagging
from fapproc.jobs.derive import Report
from fapproc.model import Detail
from fapproc.vault.store import digest_of

SHARED = Path(os.environ.get("SHARED_FILES", Path(__file__).parents[2] / "shared"))
CORPUS, CASES = SHARED / "data" / "corpus", SHARED / "cases" / "pictures"
EACH = 97
"""So many files stand behind one that `make test` looks at."""
UNSOUND = {Detail.TRUNCATED, Detail.TOO_LARGE, Detail.FORMAT}


def put_through(archive: Archive, files: list[Path], place: Path) -> Report:
    """Import, process, compare, check, tag, export and show; nothing may be lost on the way."""
    place.mkdir()
    for number, file in enumerate(files):
        (place / f"{number:05}{file.suffix}").write_bytes(file.read_bytes())
    import_folder.import_folder(archive, place)
    report = derive.derive(archive)
    assert (report.damaged, report.broken) == ((), ())
    assert derive.derive(archive) == Report()
    duplicates.find_duplicates(archive)
    assert check.check(archive, read_data=True).findings == ()
    entries = list(inventory.entries(archive))
    assert report.made + report.failed == len(entries)
    tagging.create(archive, "all")
    tagging.apply(archive, "all", [entry.image.digest for entry in entries])
    exported = export.export(archive, export.plan(archive, tag=None, renumber=False))
    kept = {digest_of(file.read_bytes()) for file in archive.export_folder.rglob("*.*")}
    assert kept == {entry.image.digest for entry in entries}
    assert len(exported.unsound) == report.failed
    grouped = {digest for group in inventory.groups(archive) for digest in group.members}
    for entry in entries:
        image = entry.image
        assert image.unsound is None or image.unsound in UNSOUND
        assert media.blob(archive, image.digest) is not None
        if image.unsound is None:
            assert image.facts is not None and entry.codes and entry.cnn
            assert media.thumb(archive, image.digest) is not None
        else:
            assert not entry.codes and not entry.cnn and image.digest not in grouped
    return report


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the project")
def test_cases_of_odd_pictures_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    files = sorted(CASES.iterdir())
    report = put_through(archive, files, tmp_path / "files")
    assert (report.made, report.failed) == (4, 1)
    images = {entry.image.digest: entry.image for entry in inventory.entries(archive)}
    for file in files:
        image = images[digest_of(file.read_bytes())]
        assert (image.unsound is Detail.TRUNCATED) == (file.name == "p_noPLTE.png")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
def test_some_files_of_other_suites_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    files = sorted(file for file in CORPUS.rglob("*") if file.is_file())[::EACH]
    report = put_through(archive, files, tmp_path / "files")
    assert report.made > 5 and report.failed > 5


@pytest.mark.long
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the project")
def test_all_files_of_other_suites_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    files = sorted(file for file in CORPUS.rglob("*") if file.is_file())
    report = put_through(archive, files, tmp_path / "files")
    assert report.made > 1200
