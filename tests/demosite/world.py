"""The demo world, built from (seed, scale, plain): who is there, and what they keep."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from tests.demosite.faults import FAULTS
from tests.demosite.formats import FORMS
from tests.demosite.model import Folder, FolderKind, Gallery, Photo, Recipe, User, World
from tests.demosite.names import DESCRIPTIONS, GALLERY_NAMES, ODD_NAMES, UPLOADERS, plain_name
from tests.demosite.pictures import CHANGES

__all__ = ["Folder", "FolderKind", "Gallery", "Photo", "Recipe", "User", "World", "build"]

PHOTOS_A_PAGE = 12
GALLERIES_A_PAGE = 5
FOLDERS_A_PAGE = 4
_PHOTOS = 260
_FORMAT_SIDES = {"pixel": (1, 1), "gif-animated": (320, 240), "webp-animated": (320, 240)}
# (form, extension on the site): the last two lie.
_FORMATS = [(form, FORMS[form].extension) for form in FORMS] + [("png", "jpg"), ("webp", "jpg")]


@dataclass
class _Maker:
    """Hands out ids, scenes and names; one per build."""

    rng: random.Random
    plain: bool
    photos: dict[int, Photo] = field(default_factory=dict)
    scenes: int = 0

    def fresh_id(self) -> int:
        while True:
            digits = self.rng.choice((7, 8, 9, 9))
            number = self.rng.randrange(10 ** (digits - 1), 10**digits)
            if number not in self.photos:
                return number

    def recipe(self, form: str = "jpeg", tail: int = 0) -> Recipe:
        self.scenes += 1
        long, short = (int(self.rng.triangular(320, high, 340)) for high in (900, 640))
        wide, high = max(long, short), min(long, short)
        width, height = (wide, high) if self.rng.random() < 0.6 else (high, wide)
        width, height = _FORMAT_SIDES.get(form, (width, height))
        scene = self.rng.randrange(1 << 20) << 20 | self.scenes
        return Recipe(scene, width, height, form, tail=tail)

    def photo(
        self,
        recipe: Recipe | None = None,
        *,
        name: str | None = None,
        extension: str | None = None,
        fault: str | None = None,
        copy_of: int | None = None,
    ) -> int:
        rng, recipe = self.rng, recipe or self.recipe()
        extension = extension or FORMS[recipe.form].extension
        number = len(self.photos) + 1
        photo = Photo(
            id=self.fresh_id(),
            name=plain_name(rng, number, extension) if name is None else name,
            recipe=recipe,
            extension=extension,
            description=rng.choice(DESCRIPTIONS),
            added=_date(rng),
            views=rng.randrange(9000),
            votes=f"{rng.randrange(6)}|{rng.randrange(40)}",
            uploader=rng.choice(UPLOADERS),
            fault=None if self.plain else fault,
            copy_of=copy_of,
        )
        self.photos[photo.id] = photo
        return photo.id

    def several(self, count: int) -> list[int]:
        return [self.photo() for _ in range(count)]

    def copy(self, source: int, change: str = "") -> int:
        old = self.photos[source].recipe
        recipe = Recipe(old.scene, old.width, old.height, old.form, change, old.tail)
        return self.photo(recipe, copy_of=source)


def _date(rng: random.Random) -> str:
    return f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.randrange(2008, 2025)}"


def _pages(
    ids: Sequence[int], *, gaps: dict[int, int] | None = None
) -> tuple[tuple[int, ...], ...]:
    """Cut into pages; `gaps` puts so many empty pages before the page of that number."""
    rest = iter(ids)
    pages: list[tuple[int, ...]] = []
    while page := tuple(islice(rest, PHOTOS_A_PAGE)):
        pages += [()] * (gaps or {}).get(len(pages), 0)
        pages.append(page)
    return tuple(pages)


def _galleries(rng: random.Random, count: int) -> tuple[tuple[Gallery, ...], ...]:
    rows = [
        Gallery(
            row=rng.randrange(900_000, 1_000_000),
            id=rng.randrange(5_000_000, 9_000_000),
            name=GALLERY_NAMES[number % len(GALLERY_NAMES)],
            count=rng.randrange(4, 400),
        )
        for number in range(count)
    ]
    starts = range(0, count, GALLERIES_A_PAGE)
    return tuple(tuple(rows[start : start + GALLERIES_A_PAGE]) for start in starts)


def _formats(make: _Maker) -> list[int]:
    return [
        make.photo(make.recipe(form), name=f"as {form}.{extension}", extension=extension)
        for form, extension in _FORMATS
    ]


def _look_alikes(make: _Maker) -> list[int]:
    """Six sources, each with every change; then exact copies of three of them."""
    sources = make.several(6)
    copies = [make.copy(source, change) for source in sources for change in CHANGES]
    return sources + copies + [make.copy(source) for source in sources[:3]]


def _moving(make: _Maker) -> list[int]:
    """Animations; the last two share the first frame and nothing after it."""
    ids = [make.photo(make.recipe("gif-animated", tail)) for tail in (0, 3, 5, 6, 7)]
    twin = make.recipe("gif-animated", tail=17)
    other = Recipe(twin.scene, twin.width, twin.height, twin.form, tail=25)
    return [*ids, make.photo(twin), make.photo(other)]


def _rough(make: _Maker) -> list[int]:
    """Every built-in fault, with healthy pictures in between."""
    ids: list[int] = []
    for fault in FAULTS.values():
        ids += [make.photo(fault=fault.kind) for _ in range(fault.built_in)]
        if len(ids) % 5 == 0:
            ids.append(make.photo())
    return ids


def _shares(total: int, weights: Iterable[int]) -> list[int]:
    weights = list(weights)
    return [max(3, total * weight // sum(weights)) for weight in weights]


def build(*, seed: int = 1, scale: float = 1.0, plain: bool = False) -> World:
    """Build the world; the same arguments give an equal world in every process."""
    rng = random.Random(f"demosite {seed}")
    make = _Maker(rng, plain)
    numbers = rng.sample(range(10_000_000, 99_999_999), 16)

    def pictures(name: str, ids: Sequence[int], gaps: dict[int, int] | None = None) -> Folder:
        return Folder(FolderKind.PICTURES, numbers.pop(), name, pages=_pages(ids, gaps=gaps))

    def galleries(name: str, count: int) -> Folder:
        rows = _galleries(rng, count)
        return Folder(FolderKind.GALLERIES, numbers.pop(), name, gallery_pages=rows)

    formats, alike, moving, rough = _formats(make), _look_alikes(make), _moving(make), _rough(make)
    odd = [make.photo(name=name) for name in ODD_NAMES]
    bulk = round(_PHOTOS * scale) - len(make.photos)
    lands, cities, walk, shapes = _shares(bulk, (5, 3, 4, 2))
    landscapes = make.several(lands)
    landscapes.append(make.copy(landscapes[0]))
    long_walk = [*make.several(walk), *landscapes[1:3], make.copy(landscapes[2])]
    main = (
        pictures("Landscapes", landscapes, {2: 1}),
        pictures('Cities & "Lights"', make.several(cities)),
        galleries("Park galleries", 8),
        pictures("Formats", formats),
        pictures("Look-alikes", alike),
        pictures("Odd <names> à la carte", odd),
        galleries("More galleries", 3),
        pictures("Rough weather", rough),
        pictures("Moving", moving),
        pictures("Empty shelf", ()),
        pictures("Long walk", long_walk, {1: 1, 3: 2}),
    )
    own = make.several(shapes)
    second = (
        pictures("Shared views", [*landscapes[:8], *alike[:2], *own[:1]]),
        pictures("Shapes", [*own, make.copy(own[0]), make.copy(landscapes[1])]),
    )
    users = (
        User(1_734_568, "Demo & Friends", main),
        User(20_456_789, "Second Wanderer", second),
        User(305_001_230, "Bare Shelf", ()),
    )
    return World(seed, scale, plain, users, MappingProxyType(make.photos))
