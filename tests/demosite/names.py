"""Words for the demo world: plain names by number, and the odd ones the site really has."""

from __future__ import annotations

import random

_PLACES = """
    lake harbour meadow canyon bridge lighthouse orchard glacier market-square river dune forest
    castle vineyard station waterfall windmill island valley skyline
""".split()  # noqa: SIM905 - a list of words reads best as words
_TIMES = """
    at-dawn at-noon at-dusk in-winter in-spring in-autumn by-night in-fog after-rain in-snow
    from-above from-afar in-july before-storm in-moonlight
""".split()  # noqa: SIM905 - a list of words reads best as words
UPLOADERS = ("Meadow Keeper", "North & South", "cloud_counter", "Sarà delle Alpi", "map-maker")
DESCRIPTIONS = ("", "", "", "seen on a walk", "colours as they were", 'the "old" bridge & more')
GALLERY_NAMES = (
    "City Parks",
    "Bridges <of> the North",
    "Rock & Roll Hills",
    "Sailing Boats",
    "Gärten im Mai",
    "Old Clocks",
    "Kites",
    "Snowmen",
)

ODD_NAMES: tuple[str, ...] = (
    "Rock & Roll <1>.jpg",
    "\"quoted\" and 'single'.jpg",
    "&amp;.jpg",
    "Été à la plage, près d'ici.jpg",
    "cafe\u0301 decomposed.jpg",
    "山と湖の朝.jpg",
    "🌄 sunrise 🏔️.jpg",
    "מפל ביער.jpg",
    "turned \u202egpj.round.jpg",
    "a/b/c.jpg",
    "..",
    "../../up.jpg",
    "CON.jpg",
    "-rf.jpg",
    "",
    "very long walk " * 19 + "home again!.jpg",
    "no extension",
    ".hidden.jpg",
    "trailing dot.",
    "back\\slash.jpg",
    "percent %41 plus+ semi;colon|pipe.jpg",
    "two  spaces.jpg",
    "same name.jpg",
    "same name.jpg",
)


def plain_name(rng: random.Random, number: int, extension: str) -> str:
    """A harmless file name in one of the manners people have."""
    words = f"{rng.choice(_PLACES)}-{rng.choice(_TIMES)}"
    match rng.randrange(5):
        case 0:
            return f"IMG_{number:04}.{extension.upper()}"
        case 1:
            return f"{words.replace('-', ' ').capitalize()} ({number}).{extension}"
        case 2:
            return f"{words.title().replace('-', '_')}_{number}.{extension}"
    return f"{words}-{number}.{extension}"
