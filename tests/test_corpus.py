"""Odd picture files through the whole program: of other projects' test suites, and of our own.

The former lie beside the project, where they do; some of them are tried in each run, all of them in
the long form.
"""

from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.imaging.decode import Undecodable, decode
from fapproc.jobs import check, derive, duplicates, export, import_folder, inventory, tagging
from fapproc.jobs.derive import DeriveReport
from fapproc.model import Detail
from fapproc.selections.grammar import of_digests
from fapproc.vault.store import digest_of
from tests.beside import CASES, CORPUS, corpus
from tests.odd_pictures import NO_PICTURES, ODD
from tests.webviewer.visitors import viewer_for

EACH = 97
"""So many files stand behind one that `make test` looks at."""
UNSOUND = {Detail.TRUNCATED, Detail.TOO_LARGE, Detail.FORMAT}
SOUND = [
    "python-pillow+Pillow/Tests__images__exif_gps.jpg",
    "python-pillow+Pillow/Tests__images__icc-after-SOF.jpg",
    "python-pillow+Pillow/Tests__images__decompression_bomb_extents.gif",
    "image-rs+jpeg-decoder/tests__icc__icc_missing_chunk.jpeg",
    "libjpeg-turbo+libjpeg-turbo/testimages__testimgari.jpg",
]
"""Whole, and once taken for damaged: few codes, arithmetic ones, a later frame without bounds."""


def put_through(archive: Archive, files: dict[str, bytes], place: Path) -> DeriveReport:
    """Import, process, compare, check, tag, export and show; nothing may be lost on the way."""
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)
    import_folder.import_folder(archive, place)
    report = derive.derive(archive)
    assert not report.damaged and not report.broken
    assert derive.derive(archive) == DeriveReport()
    duplicates.find_duplicates(archive)
    assert check.check(archive, read_data=True).findings == ()
    entries = list(inventory.entries(archive))
    assert report.made + report.failed == len(entries)
    tagging.create(archive, "all")
    tagging.apply(archive, "all", of_digests([entry.image.digest for entry in entries]))
    exported = export.export(archive, export.plan(archive, tag=None, renumber=False))
    kept = {digest_of(file.read_bytes()) for file in archive.export_folder.rglob("[!.]*.*")}
    assert kept == {entry.image.digest for entry in entries}
    assert len(exported.unsound) == report.failed
    grouped = {digest for group in inventory.groups(archive) for digest in group.members}
    viewer = viewer_for(archive).test_client()
    for entry in entries:
        image = entry.image
        shown = viewer.get(f"/viewer/blob/{image.digest}/")
        assert (shown.status_code, digest_of(shown.data)) == (200, image.digest)
        thumb = viewer.get(f"/viewer/thumb/{image.digest}/")
        if image.unsound is None:
            assert image.facts is not None and entry.codes and entry.vectors["cnn"]
            assert thumb.status_code == 200
        else:
            assert image.unsound in UNSOUND
            assert not entry.codes and not entry.vectors["cnn"] and image.digest not in grouped
            assert thumb.status_code in {200, 404}
    return report


def unsound(archive: Archive) -> dict[str, Detail | None]:
    """By digest, why an image is unsound."""
    return {entry.image.digest: entry.image.unsound for entry in inventory.entries(archive)}


def numbered(files: list[Path]) -> dict[str, bytes]:
    return {f"{number:05}{file.suffix}": file.read_bytes() for number, file in enumerate(files)}


def test_odd_pictures_end_no_command_and_are_what_they_are(
    archive: Archive, tmp_path: Path
) -> None:
    files = {name: make() for name, (make, _) in ODD.items()}
    put_through(archive, files | NO_PICTURES, tmp_path / "files")
    said = unsound(archive)
    found = {name: said[digest_of(data)] for name, data in files.items()}
    assert found == {name: why for name, (_, why) in ODD.items()}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")
def test_cases_of_odd_pictures_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    files = {file.name: file.read_bytes() for file in (CASES / "pictures").iterdir()}
    report = put_through(archive, files, tmp_path / "files")
    assert (report.made, report.failed) == (4, 1)
    said = unsound(archive)
    assert said[digest_of(files["p_noPLTE.png"])] is Detail.TRUNCATED


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"{CORPUS} is not there")
def test_some_files_of_other_suites_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    sound = [CORPUS / name for name in SOUND]
    report = put_through(archive, numbered(corpus()[::EACH] + sound), tmp_path / "files")
    assert report.made > 5 and report.failed > 5
    said = unsound(archive)
    assert {said[digest_of(file.read_bytes())] for file in sound} == {None}


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"{CORPUS} is not there")
def test_an_arithmetic_jpeg_longer_than_a_decoder_reads_at_once_is_whole() -> None:
    data = (CORPUS / "libjpeg-turbo+libjpeg-turbo/testimages__testimgari.jpg").read_bytes()
    table = data.index(b"\xff\xdb")
    again = data[table : table + 2 + int.from_bytes(data[table + 2 : table + 4], "big")]
    long = data[:table] + again * (63_000 // len(again)) + data[table:]
    assert long[60_000:].index(b"\xff\xda") + 60_000 < 1 << 16 < len(long)
    decoded = decode(long)
    assert decoded.unsound is None
    assert decoded.first.tobytes() == decode(data).first.tobytes()
    with pytest.raises(Undecodable):
        decode(long[:-500])


@pytest.mark.long
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"{CORPUS} is not there")
def test_all_files_of_other_suites_end_no_command_and_are_kept(
    archive: Archive, tmp_path: Path
) -> None:
    report = put_through(archive, numbered(corpus()), tmp_path / "files")
    assert report.made > 1200
