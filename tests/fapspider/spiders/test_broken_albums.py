"""One broken album: a site that works is not put to rest by its pictures, whatever they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fapproc.archive import Archive
from tests.demosite.model import World
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.crawling import Contents, Crawls, contents, paths, serving

MANY = 10
MORE = 16
"""Pictures of a broken album: more than may fail in a row where a cache is possible."""
BROKEN, SOUND, EARLY = "Landscapes", "Long walk", "Moving"


def world(*order: str, many: int = MANY) -> World:
    """A user whose folders come in this order; the one has many pictures, the others few."""
    whole = build(scale=0.1, plain=True)
    user = whole.main
    photos = list(dict.fromkeys(each for folder in user.folders for each in folder.photo_ids))
    pictures = {
        BROKEN: photos[:many],
        SOUND: photos[many : many + 3],
        EARLY: photos[many + 3 :][:3],
    }
    folders = tuple(
        replace(user.folder_named(name), pages=(tuple(pictures[name]),)) for name in order
    )
    return replace(whole, users=(replace(user, folders=folders), *whole.users[1:]))


@dataclass
class Place:
    """A site with one broken album, and a place for crawls of it."""

    site: Site
    crawls: Crawls

    def ids(self, name: str) -> list[int]:
        return list(self.site.world.main.folder_named(name).photo_ids)

    def read(self, *arguments: str) -> str:
        return self.crawls.run(f"user_id={self.site.world.main.id}", *arguments, SITE_PAUSE="0.01")

    def contents(self) -> Contents:
        return contents(self.crawls.archive)

    def had(self, name: str) -> list[int]:
        return self.contents().images(self.site.world.main.folder_named(name).id)

    def failed(self, name: str) -> list[int]:
        return sorted(self.contents().failures(self.site.world.main.folder_named(name).id))


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    order: tuple[str, ...] = request.param
    with serving(Site(world(*order))) as site:
        yield Place(site, Crawls(tmp_path, site.root))


def breaks(place: Place, how: str) -> None:
    ids = place.ids(BROKEN)
    board = dict.fromkeys(map(str, ids), how) if how.startswith("file") else {}
    place.site.board.set(board or {f"/photo/{each}/": how for each in ids})


ORDERS = {"first": (BROKEN, SOUND), "last": (EARLY, BROKEN), "amid": (EARLY, BROKEN, SOUND)}


def each_order(*hows: str) -> pytest.MarkDecorator:
    """Each way to be broken amid other albums, one in every order; all of both in the long form."""
    return pytest.mark.parametrize(
        ("place", "how"),
        [
            pytest.param(order, how, id=f"{how}-{name}", marks=pytest.mark.long if is_long else ())
            for name, order in ORDERS.items()
            for how in hows
            for is_long in [name != "amid" and how != hows[0]]
        ],
        indirect=["place"],
    )


@each_order("503", "landmarks", "reset", "file-expired")
def test_an_album_of_broken_pictures_puts_no_sound_site_to_rest(place: Place, how: str) -> None:
    breaks(place, how)
    told = place.read()
    assert "pausing" not in told and "Error" not in told
    for folder in place.site.world.main.folders:
        if folder.name != BROKEN:
            assert place.had(folder.name) == list(folder.photo_ids)
    if how == "landmarks":  # these are failures when they were odd in three crawls
        assert f"{MANY} pages of pictures led to something else" in told
    else:
        assert place.failed(BROKEN) == sorted(place.ids(BROKEN))


@pytest.mark.parametrize("place", [(BROKEN, SOUND)], indirect=True)
def test_pictures_of_earlier_crawls_bear_witness_where_a_broken_album_is_all_that_is_wanted(
    place: Place,
) -> None:
    place.read(f"folder={SOUND}")
    breaks(place, "503")
    told = place.read(f"folder={BROKEN}")
    assert "pausing" not in told and place.failed(BROKEN) == sorted(place.ids(BROKEN))


def audit(place: Place) -> str:
    return place.crawls.run(
        f"user_id={place.site.world.main.id}", "force=1", spider="audit", SITE_PAUSE="0.01"
    )


@each_order("503", "landmarks", "reset")
def test_an_album_of_broken_pictures_puts_no_audit_to_rest(place: Place, how: str) -> None:
    place.read()
    breaks(place, how)
    told = audit(place)
    assert "pausing" not in told and "Error" not in told
    sound = [name for name in (SOUND, EARLY) if name in told_of(place)]
    others = sum(len(place.ids(name)) for name in sound)
    assert f"{others} images answered for in this run, {others} there." in told
    for image in place.ids(BROKEN):
        assert f"Image {image} is left for the next audit: " in told


def told_of(place: Place) -> list[str]:
    return [folder.name for folder in place.site.world.main.folders]


@pytest.mark.parametrize("how", ["503", "file-expired"])
def test_a_large_broken_album_that_is_all_that_is_left_has_failed_where_what_was_had_long_ago_comes(
    tmp_path: Path, how: str
) -> None:
    with serving(Site(world(SOUND, BROKEN, many=MORE))) as site:
        place = Place(site, Crawls(tmp_path, site.root))
        place.read(f"folder={SOUND}")
        with Archive.open(place.crawls.archive) as archive, archive.writing() as connection:
            connection.exec_driver_sql("UPDATE image SET fetched_at = fetched_at - 90000")
        breaks(place, how)
        told = place.read(f"folder={BROKEN}")
        assert "pausing" not in told and place.failed(BROKEN) == sorted(place.ids(BROKEN))


@dataclass
class Cached(Site):
    """A site that bans, behind a cache: what was asked for before is given, and nothing else."""

    gives: int = 3
    given: set[str] = field(default_factory=set)

    def answer(self, request: Request, target: str) -> Response:
        answered = Site.answer(self, request, target)
        if not request.path.startswith("/photo/") or request.path in self.given:
            return answered
        if len(self.given) < self.gives:
            self.given.add(request.path)
            return answered
        return Response(503, b"later")


def test_a_ban_behind_a_cache_that_gives_what_was_had_ends_the_crawl_and_no_picture_has_failed(
    tmp_path: Path,
) -> None:
    whole = build(scale=1.0, plain=True)
    folder = max(whole.main.folders, key=lambda each: len(each.photo_ids))
    with serving(Cached(whole)) as site:
        crawls = Crawls(tmp_path, site.root)
        told = crawls.run(f"user_id={whole.main.id}", f"folder={folder.name}", SITE_PAUSE="0.01")
        assert "also after 3 pauses" in told
        assert len(paths(site, "/photo/")) < 26  # those that were had among them
        assert contents(crawls.archive).failures(folder.id) == {}


@dataclass
class Dying(Site):
    """A site that answers 503 from the moment that it has shown so many pictures."""

    shows: int = 0
    is_well: bool = False

    def answer(self, request: Request, target: str) -> Response:
        is_dead = not self.is_well and len(set(paths(self, "/images/"))) >= self.shows
        if is_dead and request.path.startswith(("/photo/", "/images/")):
            return Response(503, b"later")
        return Site.answer(self, request, target)


@pytest.mark.parametrize("many", [1, 2])
def test_the_last_pictures_of_a_site_that_dies_are_left_and_the_next_crawl_brings_them(
    tmp_path: Path, many: int
) -> None:
    whole = world(SOUND, EARLY)
    ids = [each for folder in whole.main.folders for each in folder.photo_ids]
    with serving(Dying(whole, shows=len(ids) - many)) as site:
        assert isinstance(site, Dying)
        place = Place(site, Crawls(tmp_path, site.root))
        arguments = (f"user_id={whole.main.id}",)
        told = place.crawls.run(*arguments, DOWNLOAD_DELAY="0.05", CONCURRENT_REQUESTS="1")
        pictures = "1 picture" if many == 1 else f"{many} pictures"
        assert f"{pictures} of a host that does not work now left for the next crawl." in told
        assert "pausing" not in told
        assert place.failed(SOUND) == place.failed(EARLY) == []
        site.is_well = True
        place.read()
        assert [*place.had(SOUND), *place.had(EARLY)] == ids
