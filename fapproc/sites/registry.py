"""Which sites there are, and which of them is meant.

This is the one place that knows a site's own package.
"""

from collections.abc import Mapping, Sequence

from fapproc.sites.imagefap.site import ImageFap
from fapproc.sites.site import Pasted, Site
from fapproc.sources import Source

_KINDS: Sequence[type[Site]] = [
    ImageFap,
]
SITES: Mapping[str, type[Site]] = {kind.name: kind for kind in _KINDS}
"""By name; a new site is one more above."""

FIRST = ImageFap
"""Which is asked where nothing else is said."""


def site_at(root: str, imitated: str = FIRST.name) -> Site:
    """The site whose pages are at this address: by its host, else an imitation of the one named."""
    real = next((kind for kind in SITES.values() if kind(root).is_real), None)
    return (real or SITES[imitated])(root)


def site_of(source: Source, asked: Site) -> Site | None:
    """The site that a source is; None for a source that is none.

    Args:
        source: whose rows are told of.
        asked: the one that this program is set to, wherever it is.
    """
    if asked.source == source:
        return asked
    return next((kind(kind.home) for kind in SITES.values() if kind.source == source), None)


def looks_like_address(text: str) -> bool:
    """Whether a text is meant as an address: no name of a site has such a form."""
    from fapproc.sites.pasted import is_address  # what reads addresses is not loaded for help

    hosts = (kind.has_real for kind in SITES.values())
    return is_address(text, hosts) or any(kind.looks_pasted(text) for kind in SITES.values())


def read_address(text: str) -> Pasted | None:
    """Read an address that a person copied: of a profile, of favorites, or of one folder of them.

    Returns:
        What it says, by the site that has its host, else by the first that can read it; None for
        an address that says nothing of a user.
    """
    read = [(kind, kind.read_pasted(text)) for kind in SITES.values()]
    found = [(kind.has_real(said.host), said) for kind, said in read if said is not None]
    return max(found, key=lambda each: each[0], default=(False, None))[1]
