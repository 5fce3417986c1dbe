"""Selections of which it is known, without a look at any image, that they mean none."""

from sqlalchemy import Column, Connection

from fapproc.db.best_places import noted
from fapproc.db.schema import image
from fapproc.db.selected import Chosen
from fapproc.db.twins import NOTED
from fapproc.selections.selection import Selection, Show


def is_meant(connection: Connection, chosen: Chosen) -> bool:
    """Whether a selection means nothing: by what it says, or because no image is noted as such."""
    return _contradicts_itself(chosen) or _is_not_noted(connection, chosen.selection)


def _contradicts_itself(chosen: Chosen) -> bool:
    """Whether it asks for a tag, and for none of any, or of some that have this one among them."""
    wanted = [ids for ids, is_wanted in chosen.tags if is_wanted]
    unwanted = [ids for ids, is_wanted in chosen.tags if not is_wanted]
    if wanted and chosen.selection.tagged is Show.HIDE:
        return True
    return any(ids <= others for ids in wanted for others in unwanted)


def _is_not_noted(connection: Connection, said: Selection) -> bool:
    """Whether no image is noted as gone, or as such a twin, as is asked for."""
    asked = [[image.c.gone]] if said.gone is Show.ONLY else []
    if said.duplicates and NOTED.keys() >= {*said.duplicates}:
        asked.append([NOTED[each] for each in said.duplicates])
    return any(not any(_is_any(connection, each) for each in these) for these in asked)


def _is_any(connection: Connection, what: Column[bool]) -> bool:
    return connection.execute(noted(what).limit(1)).first() is not None
