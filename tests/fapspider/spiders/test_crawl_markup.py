"""Every way of writing the pages, end to end: one crawl, a folder for each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.demosite.markup import MARKUPS
from tests.demosite.model import Folder, FolderKind
from tests.demosite.pictures import render
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.crawling import Contents, Crawls, contents, paths, serving


@dataclass
class Mixed(Site):
    """A site that writes each folder, and the photos in it, in another markup."""

    writers: dict[str, Site] = field(default_factory=dict)

    def answer(self, request: Request, target: str) -> Response:
        markup = self._markup(request)
        if markup is None:
            return Site.answer(self, request, target)
        Site.answer(self, request, target)  # for the log
        self.writers[markup].root = self.root
        return self.writers[markup].answer(request, target)

    def _markup(self, request: Request) -> str | None:
        number = request.path.strip("/").removeprefix("photo/")
        if number.isdecimal():
            return self.world.home(int(number)).name
        folder = self.world.main.folder(int(request.query.get("folderid", 0)))
        return folder.name if folder else None


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mixed, Contents]]:
    whole = build(scale=0.1, plain=True)
    numbers = iter(whole.main.folder_named("Look-alikes").photo_ids)
    folders = tuple(
        Folder(FolderKind.PICTURES, 111 + place, name, ((next(numbers),), (), (next(numbers),)))
        for place, name in enumerate(MARKUPS)
    )
    world = replace(whole, users=(replace(whole.main, folders=folders),))
    writers = {name: Site(world, markup=markup) for name, markup in MARKUPS.items()}
    with serving(Mixed(world, writers=writers)) as site:
        crawls = Crawls(tmp_path_factory.mktemp("markup"), site.root)
        crawls.run(f"user={world.main.name}")
        assert isinstance(site, Mixed)
        yield site, contents(crawls.archive)


@pytest.mark.parametrize("markup", MARKUPS)
def test_each_way_of_writing_the_pages_gives_the_same_folder(
    crawled: tuple[Mixed, Contents], markup: str
) -> None:
    site, found = crawled
    folder = site.world.main.folder_named(markup)
    photos = [site.world.photos[number] for number in folder.photo_ids]
    assert len(photos) == 2
    if MARKUPS[markup].has_full_size:
        assert found.images(folder.id) == [photo.id for photo in photos]
        assert found.names(folder.id) == [photo.name for photo in photos]
        assert found.data(folder.id) == [render(photo) for photo in photos]
        assert found.failures(folder.id) == {}
    else:
        assert found.failures(folder.id) == dict.fromkeys(folder.photo_ids, ("link", "none"))
        names = [failure.name for failure in found.shelf(folder.id).failures]
        assert names == [photo.name for photo in photos]


def test_no_display_copy_is_asked_for(crawled: tuple[Mixed, Contents]) -> None:
    assert not paths(crawled[0], "/images/framed")
