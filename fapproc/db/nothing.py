"""Selections of which it is known, without a look at any image, that they mean none."""

from sqlalchemy import Connection

from fapproc.db import kept_figures
from fapproc.db.selected import Chosen
from fapproc.selections.selection import Selection, Show, Twins

_STANDS_TWICE = {Twins.HERE, Twins.ELSEWHERE, Twins.PLACES}


def is_meant(connection: Connection, chosen: Chosen) -> bool:
    """Whether a selection means nothing: by what it says, or by kept figures."""
    return _contradicts_itself(chosen) or _are_no_twins(connection, chosen.selection)


def _contradicts_itself(chosen: Chosen) -> bool:
    """Whether it asks for a tag, and for none of any, or of some that have this one among them."""
    wanted = [ids for ids, is_wanted in chosen.tags if is_wanted]
    unwanted = [ids for ids, is_wanted in chosen.tags if not is_wanted]
    if wanted and chosen.selection.tagged is Show.HIDE:
        return True
    return any(ids <= others for ids in wanted for others in unwanted)


def _are_no_twins(connection: Connection, said: Selection) -> bool:
    """Whether kept figures say that no image of the archive is such a twin as is asked for."""
    if not said.duplicates or not _STANDS_TWICE.issuperset(said.duplicates):
        return False
    if said.duplicates == (Twins.HERE,):
        return connection.execute(kept_figures.albums_with_doubles().limit(1)).first() is None
    return not kept_figures.values(connection).get("exact")
