"""What is deleted while a crawl fetches it: a sentence, nothing half, and the next crawl has it."""

import pytest

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements
from fapproc.errors import Changed
from fapproc.jobs import check, deletion, inventory, pruning, shelving
from fapproc.model import Verdict
from fapproc.selections.grammar import from_address
from tests.demosite.site import Site
from tests.fapspider.crawling import Crawls, paths, until


def delete(archive: Archive, address: str) -> None:
    """Delete as a person does: what has come meanwhile goes too."""
    chosen = from_address(address)
    for _ in range(100):
        try:
            deletion.delete(archive, chosen, deletion.plan(archive, chosen))
        except Changed:
            continue
        return
    pytest.fail("something came each time")


def all_is_well(archive: Archive) -> bool:
    """Nothing is damaged, and every image has a place."""
    placed = all(entry.sightings for entry in inventory.entries(archive))
    return placed and not check.check(archive, read_data=True).findings


def test_a_user_who_is_deleted_while_a_crawl_fetches_is_left_to_the_next(
    crawls: Crawls, site: Site
) -> None:
    user = site.world.main
    crawl = crawls.start(f"user_id={user.id}", DOWNLOAD_DELAY=0.1)
    until(lambda: len(paths(site, "/photo")) > 3, crawl)
    with Archive.open(crawls.archive) as archive:
        delete(archive, f"user={user.id}")
    told = crawl.end()
    assert "is left for the next crawl: it was deleted while it was read." in told
    with Archive.open(crawls.archive) as archive:
        assert all_is_well(archive)
    crawls.run(f"user_id={user.id}")
    with Archive.open(crawls.archive) as archive:
        assert all_is_well(archive)
        seen = {image for shelf in shelving.shelves(archive) for image in shelf.images}
        names = {shelf.album.name for shelf in shelving.shelves(archive)}
        folders = [folder for folder in user.folders if folder.name in names]
        assert len(folders) == 3
        assert seen == {n for f in folders for n in f.photo_ids}


def test_a_prune_beside_a_crawl_takes_what_was_judged_and_the_crawl_goes_on(
    crawls: Crawls, site: Site
) -> None:
    user = site.world.main
    crawl = crawls.start(f"user_id={user.id}", DOWNLOAD_DELAY=0.1)
    until(lambda: len(paths(site, "/photo")) > 4, crawl)
    with Archive.open(crawls.archive) as archive:
        until(lambda: len(list(inventory.entries(archive))) > 1, crawl)
        kept, skipped = [entry.image.digest for entry in inventory.entries(archive)][:2]
        with archive.writing() as connection:
            rows = images.numbers_of(connection, [kept, skipped])
            [group] = duplicates.new_groups(connection, 1)
            duplicates.place(connection, dict.fromkeys(rows.values(), group))
            said = {rows[kept]: Verdict.KEEP, rows[skipped]: Verdict.SKIP}
            judgements.set_verdicts(connection, said)
        assert pruning.prune(archive, pruning.plan(archive, now=True)).left == ()
    crawl.end()
    with Archive.open(crawls.archive) as archive:
        assert skipped not in {entry.image.digest for entry in inventory.entries(archive)}
        assert all_is_well(archive)
