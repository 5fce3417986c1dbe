"""How work on an archive travels between computers: as pickles, encrypted if the archive is sealed.

Nobody in between reads a picture, a digest or a vector of a sealed archive. It is no wall against
who has the cluster's certificate, whose code Dask runs where the key is. What is reached through
the archive is reached on the other side through the archive there.
"""

import pickle
from io import BytesIO
from types import MethodType
from typing import Any

from fapproc.archive import Archive
from fapproc.errors import ArchiveHeld
from fapproc.vault import sealed
from fapproc.vault.keys import Purpose

_BOUND = "cluster/1"
_READING = "reading"


class Wire:
    """Makes bytes of values, and values of bytes, for those who have the same archive open."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        keys = archive.unlocked.keys
        self._key = keys.subkey(Purpose.CLUSTER) if keys else None

    def pack(self, value: object) -> bytes:
        """Make bytes of a value.

        Raises:
            TypeError, pickle.PicklingError: it stays in its process.
        """
        written = BytesIO()
        _Writer(written, self._archive).dump(value)
        return (
            sealed.seal(written.getvalue(), self._key, _BOUND) if self._key else written.getvalue()
        )

    def unpack(self, data: bytes) -> Any:
        """Make the value of bytes.

        Raises:
            ArchiveHeld: who made them has other keys, or none.
        """
        try:
            read = sealed.unseal(data, self._key, _BOUND) if self._key else data
            return _Reader(BytesIO(read), self._archive).load()
        except (sealed.NotSealed, pickle.UnpicklingError) as error:
            raise ArchiveHeld(
                "The archive was sealed or unsealed since a worker of the cluster opened it.",
                "End the worker and start it again, then run the same command again.",
            ) from error


class _Writer(pickle.Pickler):
    def __init__(self, file: BytesIO, archive: Archive) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._archive = archive

    def persistent_id(self, value: object) -> str | None:
        """Name what is reached through the archive."""
        if not isinstance(value, MethodType) or value.__self__ is not self._archive:
            return None
        return _READING if value == self._archive.reading else None


class _Reader(pickle.Unpickler):
    def __init__(self, file: BytesIO, archive: Archive) -> None:
        super().__init__(file)
        self._archive = archive

    def persistent_load(self, name: str) -> object:
        """Reach the same through the archive that is open here."""
        if name != _READING:
            raise pickle.UnpicklingError(f"nothing of an archive is called {name}")
        return self._archive.reading
