"""What exiftool, which photo programs are held against, reads in the files beside pictures."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs import export, tagging
from fapproc.jobs.export import Wish
from fapproc.jobs.sidecar import Form
from fapproc.selections.grammar import of_digests
from fapproc.selections.selection import Selection
from fapproc.sites.registry import site_at
from fapproc.vault.store import digest_of
from tests.shelves import fill, picture, small

EXIFTOOL = shutil.which("exiftool")
NAME = 'a "lake" & <été>.png'


@pytest.mark.skipif(EXIFTOOL is None, reason="exiftool (libimage-exiftool-perl) is not here")
def test_exiftool_reads_tags_with_what_they_stand_under_source_name_and_date(
    archive: Archive, tmp_path: Path
) -> None:
    fill(archive, {"lakes": [picture(1201, small(1), NAME)]})
    for path in ("Places/Lakes & Ponds", "Été"):
        tagging.create(archive, path)
        tagging.apply(archive, path, of_digests([digest_of(small(1))]))
    wish = Wish(form=Form.XMP, output=tmp_path / "out")
    site = site_at("https://www.imagefap.com")
    plan = export.plan(archive, selection=Selection(users=("ann",)), wish=wish, site=site)
    export.export(archive, plan, output=tmp_path / "out")
    [sidecar] = (tmp_path / "out").rglob("*.xmp")
    done = subprocess.run(
        [str(EXIFTOOL), "-json", "-struct", "-charset", "filename=utf8", str(sidecar)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    [read] = json.loads(done.stdout)
    assert sorted(read["Subject"]) == ["Lakes & Ponds", "Places", "Été"]
    assert sorted(read["TagsList"]) == ["Places/Lakes & Ponds", "Été"]  # digiKam's
    assert sorted(read["HierarchicalSubject"]) == ["Places|Lakes & Ponds", "Été"]  # Lightroom's
    assert (read["Title"], read["PreservedFileName"]) == (NAME, NAME)
    assert "/photo/1201" in read["Source"]
    assert read["Identifier"] == f"sha256:{digest_of(small(1))}"
    assert str(read["Date"][0]).startswith("2023:11:14")
    assert "Warning" not in read and "Error" not in read
