"""Where things are listed: a part of the vocabulary, which other parts are made of."""

from typing import ClassVar


class Source(str):
    """Where users, albums and images are listed, a site or the disk: each has numbers of its own.

    Which sites there are is said by `sites.registry`; an archive may hold others' rows as well.
    """

    __slots__ = ()
    SITE: ClassVar["Source"]
    """The first one, which is meant where none is named."""
    DISK: ClassVar["Source"]

    @property
    def is_online(self) -> bool:
        """Whether it can be asked again: whoever lost a file of the disk has to bring it."""
        return self != Source.DISK


Source.SITE, Source.DISK = Source("site"), Source("disk")
