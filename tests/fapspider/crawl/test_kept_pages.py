"""Pages kept for a report."""

from pathlib import Path

import pytest

from fapproc.errors import FapError, UsageProblem
from fapspider.crawl.kept_pages import MOST, KeptPages
from tests.demosite.model import User
from tests.demosite.site import Site
from tests.fapspider.crawling import Crawls, contents


def test_a_page_without_an_address_is_kept_where_the_person_asks_for_it(
    crawls: Crawls, site: Site, user: User, tmp_path: Path
) -> None:
    folder = user.folder_named("Landscapes")
    odd = folder.photo_ids[0]
    site.board.set({str(odd): "page-nolink"})
    crawls.run(f"user_id={user.id}", "folder=Landscapes", f"save_pages={tmp_path / 'kept'}")
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.name == f"photo-{odd}.html" and b"</html>" in kept.read_bytes()
    assert contents(crawls.archive).failures(folder.id) == {odd: ("link", "none")}


def test_beside_a_sealed_archive_nothing_is_kept(tmp_path: Path) -> None:
    KeptPages().check(sealed=True)
    with pytest.raises(UsageProblem, match="sealed"):
        KeptPages(tmp_path).check(sealed=True)


def test_of_many_pages_a_few_are_kept(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path)
    for image in range(MOST + 5):
        kept.keep(image, b"<html>")
    assert len(list(tmp_path.iterdir())) == MOST


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FapError, match="can't be written"):
        KeptPages(tmp_path / "file").keep(1, b"<html>")
