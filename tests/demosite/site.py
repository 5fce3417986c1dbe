"""The site: a world, a markup, a clock, and one table of routes from path to response."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.demosite import notices, signing
from tests.demosite.board import FaultBoard, LoggedRequest, RequestLog
from tests.demosite.damage import damaged_body
from tests.demosite.faults import WINDOWLESS, Scope
from tests.demosite.listing_pages import folder_list_page, folder_page, profile_page
from tests.demosite.markup import MARKUPS, Markup
from tests.demosite.model import Photo, User, World
from tests.demosite.photo_page import Addresses, Window, photo_page
from tests.demosite.pictures import framed, render, thumb
from tests.demosite.response import Request, Response, Wire, data, page
from tests.demosite.world import FOLDERS_A_PAGE

WINDOW = 24
_BEFORE = 8  # the window seldom starts at the photo itself
_TYPES = {"jpg": "image/jpeg", "tif": "image/tiff"}
_WIRES = {
    "drop": Wire.DROP,
    "drop-once": Wire.DROP,
    "short": Wire.SHORT,
    "stall": Wire.STALL,
}
_HEADS = {"head-refused": 405, "range-refused": 405, "head-forbidden": 403}
_RANGE = re.compile(r"bytes=([0-9]{1,9})-([0-9]{1,9})")


@dataclass
class Site:
    """Everything one running server knows; `root` is its own address."""

    world: World
    root: str = ""
    markup: Markup = MARKUPS["plain"]
    lifetime: int = 3600
    clock: Callable[[], float] = time.time
    log: RequestLog = field(default_factory=RequestLog)
    board: FaultBoard = field(init=False)

    def __post_init__(self) -> None:
        """Start with the faults of the world."""
        self.board = FaultBoard(self.world)

    def answer(self, request: Request, target: str) -> Response:
        """Answer a request and log it under its full target, unless it is a control."""
        response = self._answer(request)
        if not request.path.startswith("/_demo/"):
            self.log.add(LoggedRequest(self.clock(), request.method, target, response.status))
        return response

    def _answer(self, request: Request) -> Response:
        if not request.path.startswith("/_demo/"):
            page_of = _PHOTO.fullmatch(request.path)
            photo = _photo(self, page_of[1]) if page_of else None
            kind = self.board.strike(Scope.PATH, request.path, photo)
            if kind:
                return _refusal(kind)
        for methods, pattern, handle in ROUTES:
            match = pattern.fullmatch(request.path)
            if match and request.method in methods.split():
                return handle(self, request, *match.groups())
        return page(notices.missing_page(), 404)

    def address(self, path: str) -> str:
        """A freshly signed absolute address."""
        end = int(self.clock()) + self.lifetime
        return self.root + signing.signed(self.world.seed, path, end)

    def addresses(self, photo: Photo) -> Addresses:
        """Freshly signed addresses of a photo."""
        return Addresses(self.address(photo.full_path), self.address(photo.framed_path))

    def window(self, photo: Photo) -> Window:
        """The neighbours of a photo in the first folder that lists it."""
        home = self.world.home(photo.id)
        place = home.photo_ids.index(photo.id)
        start = max(0, min(place - _BEFORE, len(home.photo_ids) - WINDOW))
        photos = [self.world.photos[each] for each in home.photo_ids[start : start + WINDOW]]
        shown = [p for p in photos if p is photo or p.fault not in WINDOWLESS]
        self.board.issued(shown)
        entries = tuple((each, self.addresses(each)) for each in shown)
        return Window(home.name, home.id, entries, place, len(home.photo_ids))


def _refusal(kind: str) -> Response:
    if kind == "human":
        return Response(302, b"", headers=(("Location", "/human-verification"),))
    if kind == "home":
        return Response(302, b"", headers=(("Location", "/"),))
    if kind == "placeholder":
        return Response(302, b"", headers=(("Location", "/img/unknown.jpg"),))
    if kind == "cloud":
        return page(notices.busy_page(), 403, (("cf-mitigated", "challenge"),))
    if kind == "reset":
        return Response(200, b"<html>", wire=Wire.DROP)
    if kind == "landmarks":
        return page(notices.unrelated_page())
    seconds = {"429": "1", "503-wait": "7200"}.get(kind)
    headers = (("Retry-After", seconds),) if seconds else ()
    return page(notices.busy_page(), int(kind[:3]), headers)


def _photo(site: Site, number: str) -> Photo | None:
    return site.world.photos.get(int(number)) if number.isascii() else None


def _missing() -> Response:
    return page(notices.missing_page(), 404)


def _front(_site: Site, _request: Request) -> Response:
    return page(notices.unrelated_page())


def _human(_site: Site, _request: Request) -> Response:
    return page(notices.human_page())


def _profile(site: Site, request: Request, name: str | None = None) -> Response:
    user = site.world.user_named(request.query.get("user", "") if name is None else name)
    return page(profile_page(site.markup, user)) if user else _missing()


def _number(text: str) -> int:
    """A number from a query; what is none counts as zero, as an empty `page=` does."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _favorites(site: Site, request: Request) -> Response:
    user = site.world.user(_number(request.query.get("userid", "")))
    if user is None:
        return _missing()
    number = _number(request.query.get("page", ""))
    if "folderid" in request.query:
        return _folder(site, user, _number(request.query["folderid"]), number)
    start = number * FOLDERS_A_PAGE
    pages = -(-len(user.folders) // FOLDERS_A_PAGE)
    folders = user.folders[start : start + FOLDERS_A_PAGE]
    return page(folder_list_page(site.markup, user, folders, pages))


def _folder(site: Site, user: User, folder_id: int, number: int) -> Response:
    folder = user.folder(folder_id)
    if folder is None:
        return _missing()
    ids = folder.pages[number] if number < len(folder.pages) else ()
    photos = [site.world.photos[each] for each in ids]
    return page(folder_page(site.markup, user, folder, number, photos))


def _photo_page(site: Site, request: Request, number: str) -> Response:
    photo = _photo(site, number)
    if photo is None:
        return _missing()
    match site.board.strike(Scope.PAGE, request.path, photo):
        case "page-missing":
            return _missing()
        case "page-gone":
            return page(notices.missing_page(), 410)
        case "page-notext":
            return page(notices.no_such_image_page())
        case "page-503":
            return page(notices.busy_page(), 503)
        case "page-nolink":
            own = None
        case _:
            own = site.addresses(photo)
    return page(photo_page(site.markup, photo, own, site.window(photo)))


def _full(site: Site, request: Request, number: str) -> Response:
    photo = _photo(site, number)
    if photo is None or photo.full_path != request.path:
        return _missing()
    if not signing.is_valid(site.world.seed, request.path, request.query, site.clock()):
        return page(notices.busy_page(), 403)
    kind = site.board.strike(Scope.FILE, request.path, photo)
    match kind:
        case "file-missing":
            return _missing()
        case "file-expired" | "file-expired-once":
            return page(notices.busy_page(), 403)
        case "file-503" | "file-503-once":
            return page(notices.busy_page(), 503)
    if request.method == "HEAD" and kind in _HEADS:
        return page(notices.busy_page(), _HEADS[kind])
    whole = render(photo)
    changed = damaged_body(kind, whole) if kind else None
    body = whole if changed is None else changed
    media = _TYPES.get(photo.extension, f"image/{photo.extension}")
    part = _RANGE.fullmatch(request.range)
    if part and kind != "range-refused":
        first, last = int(part[1]), min(int(part[2]), len(body) - 1)
        span = (("Content-Range", f"bytes {first}-{last}/{len(body)}"),)
        return Response(206, body[first : last + 1], media, headers=span)
    return Response(200, body, media, wire=_WIRES.get(kind or "", Wire.WHOLE))


def _framed(site: Site, request: Request, number: str) -> Response:
    photo = _photo(site, number)
    if photo is None or photo.framed_path != request.path:
        return _missing()
    if not signing.is_valid(site.world.seed, request.path, request.query, site.clock()):
        return page(notices.busy_page(), 403)
    return Response(200, framed(photo), "image/jpeg")


def _small(site: Site, _request: Request, size: str, tail: str, number: str) -> Response:
    photo = _photo(site, number)
    if photo is None or photo.tail_path != tail:
        return _missing()
    return Response(200, thumb(photo.recipe, 150 if size == "thumb" else 75), "image/jpeg")


def _unknown(site: Site, _request: Request) -> Response:
    """What is shown in place of a picture."""
    some = min(site.world.photos.values(), key=lambda photo: photo.id)
    return Response(200, thumb(some.recipe, 75), "image/jpeg")


def _requests(site: Site, _request: Request) -> Response:
    return data(site.log.as_data())


def _set_faults(site: Site, request: Request) -> Response:
    try:
        site.board.set(json.loads(request.body))
    except (ValueError, AttributeError) as error:
        return data({"error": str(error)}, 400)
    return data({})


def _reset(site: Site, _request: Request) -> Response:
    site.log.clear()
    return data({})


_READ = "GET HEAD"
_ID = "([0-9]{1,12})"
_PHOTO = re.compile(f"/photo/{_ID}/?")

ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Response]], ...] = (
    (_READ, re.compile("/"), _front),
    (_READ, re.compile("/profile/([^/]+)/?"), _profile),
    (_READ, re.compile(r"/profile\.php"), _profile),
    (_READ, re.compile(r"/showfavorites\.php"), _favorites),
    (_READ, _PHOTO, _photo_page),
    (_READ, re.compile(rf"/images/full/[0-9]+/[0-9]+/{_ID}\.[a-z]+"), _full),
    (_READ, re.compile(rf"/images/framed/[0-9]+/[0-9]+/{_ID}\.[a-z]+"), _framed),
    (_READ, re.compile(rf"/images/(thumb|mini)/([0-9]+/[0-9]+/{_ID})\.jpg"), _small),
    (_READ, re.compile(r"/img/unknown\.jpg"), _unknown),
    (_READ, re.compile("/human-verification"), _human),
    ("GET", re.compile("/_demo/requests"), _requests),
    ("POST", re.compile("/_demo/faults"), _set_faults),
    ("POST", re.compile("/_demo/reset"), _reset),
)
