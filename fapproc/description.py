"""`archive.json`: what it says of an archive, and whether that is to be believed.

It is untrusted until the master key has authenticated it: everything but the slots' wrapped keys is
covered by a MAC under a subkey, so a downgrade, a redirection or a slot of another archive is
refused. Written by rename, the one before kept as `.bak`. Where a server has the rows, it has all
of this too, and the file only says where: so every computer knows the same passwords and work.
"""

import hmac
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from fapproc import ours
from fapproc.db import founding
from fapproc.db.dialect import engines
from fapproc.db.dialect.files import is_database
from fapproc.disk import opened
from fapproc.durable.folder import DurableFolder
from fapproc.durable.regular import read_open
from fapproc.errors import Damaged, NoArchive, StorageError
from fapproc.hold import Hold
from fapproc.lock import FOLDER as LOCKS
from fapproc.lock import Lock
from fapproc.ours import DATABASE
from fapproc.vault import registry
from fapproc.vault.backend import HERE, Place
from fapproc.vault.keys import MOST_SLOTS, SUITE, Keys, Slot

FORMAT = 1
FILE = ours.DESCRIPTION
BACKUP = f"{FILE}.bak"
MOST_BYTES = 1024 * 1024
_MAC = re.compile(r"[0-9a-f]{64}")


class Work(StrEnum):
    """What was begun on the whole archive and is not finished; only its command goes on with it.

    Each way has three phases: `make` writes the other form of everything beside the present one,
    `switch` puts the other database in place, `clear` removes what is left of the first form.
    """

    SEAL_MAKE = "seal: make"
    SEAL_SWITCH = "seal: switch"
    SEAL_CLEAR = "seal: clear"
    UNSEAL_MAKE = "unseal: make"
    UNSEAL_SWITCH = "unseal: switch"
    UNSEAL_CLEAR = "unseal: clear"

    @property
    def command(self) -> str:
        """The command that goes on with it."""
        return self.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Description:
    """What `archive.json` says.

    `suite` is None in an open archive, which has no MAC and, unless it is being sealed, no slots.
    """

    id: str
    suite: str | None = None
    slots: tuple[Slot, ...] = ()
    work: Work | None = None
    mac: str | None = None
    files: str = HERE
    """Where the files are: in the archive's folder, or the URL of a backend."""
    database: str = DATABASE
    """Where the rows are: in this file of the archive's folder, or the URL of a server's."""

    @classmethod
    def new(cls) -> Self:
        """The description of a new, open archive."""
        return cls(uuid.uuid4().hex)

    @property
    def sealed(self) -> bool:
        """Whether rows and files are encrypted."""
        return self.suite is not None

    def open(self) -> Self:
        """What an open archive says that has the same id, rows and files."""
        return replace(self, suite=None, slots=(), work=None, mac=None)

    def copied(self, keys: Keys | None) -> Self:
        """What a copy of the archive says that has rows and files in its own folder."""
        return replace(self, files=HERE, database=DATABASE).authenticated(keys)

    def place(self, folder: Path) -> Place:
        """Where the files are of an archive in this folder."""
        return Place(self.files, folder, self.id)

    @property
    def is_on_server(self) -> bool:
        """Whether a server has the rows."""
        return self.database != DATABASE

    def rows(self, file: Path) -> Path | str:
        """Where the rows are: in this file, unless a server has them."""
        return self.database if self.is_on_server else file

    def lock(self, folder: Path) -> Hold:
        """What who uses the archive in this folder holds: in the folder, or on the rows' server."""
        return engines.lock_at(self.database) if self.is_on_server else Lock(folder)

    def authenticated(self, keys: Keys | None) -> Self:
        """The same with its MAC; without keys as it is: an open archive has none."""
        return replace(self, mac=keys.mac(self._said())) if keys else self

    def check(self, keys: Keys, folder: Path) -> None:
        """Believe the description, now that a password has opened the master key.

        Raises:
            Damaged: it was changed by someone without the key.
        """
        if not hmac.compare_digest(str(self.mac).encode(), keys.mac(self._said()).encode()):
            raise _not_as_written(folder)

    def write(self, folder: Path) -> None:
        """Write it durably; what it was before becomes `.bak`.

        Raises:
            StorageError: the folder can't be written.
        """
        files, text = DurableFolder(folder), _json({**self._said(), "mac": self.mac})
        if self.is_on_server:
            founding.say(self.database, self.id, text)
            text = _json({"format": FORMAT, "id": self.id, "database": self.database})
        before, data = files.read(FILE), text.encode()
        files.write({BACKUP: data if before is None else before})
        files.write({FILE: data})

    def settle(self, folder: Path) -> None:
        """Write it as what holds from now on: `.bak` says the same, not what was before.

        Raises:
            StorageError: as `write`.
        """
        self.write(folder)
        self.write(folder)

    def _said(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "id": self.id,
            "suite": self.suite,
            "database": self.database,
            "files": self.files,
            "work": self.work,
            "slots": [{key: getattr(each, key) for key in Slot.__slots__} for each in self.slots],
        }


def read(folder: Path) -> Description | None:
    """Read the description of the archive in a folder; None where there is no archive.

    Raises:
        Damaged: it is not what was written, as far as that shows without the key.
        NoArchive: it is of a newer program, or the predecessor's folder.
        StorageError: it can't be read.
    """
    path = folder / FILE
    try:
        with opened(folder) as place:
            text = read_open(place.open(FILE, os.O_RDONLY), FILE, most=MOST_BYTES).decode()
    except (FileNotFoundError, NotADirectoryError):
        _refuse_half(folder)
        return None
    except OSError as error:
        raise StorageError(
            f"{path} can't be read: {error.strerror}. Give permission, or put the file there."
        ) from error
    except ValueError as error:  # not UTF-8
        raise _not_as_written(folder) from error
    values = _values(text, folder)
    url, archive = str(values.get("database")), str(values.get("id"))
    if not engines.is_url(url):
        return _read(values, folder)
    if values.keys() != {"format", "id", "database"}:
        raise _not_as_written(folder)
    found = _read(_values(founding.said(url, archive), folder), folder)
    if (found.database, found.id) != (url, archive):
        raise _not_as_written(folder)
    return found


def _values(text: str, folder: Path) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:  # not JSON, nested without end
        raise _not_as_written(folder) from error
    if not isinstance(values, dict) or type(values.get("format")) is not int:
        raise _not_as_written(folder)
    if values["format"] > FORMAT:
        raise NoArchive(
            f"{folder} was written by a newer version of this program. Update it to open this one."
        )
    return values


def read_existing(folder: Path) -> Description:
    """Read the description of an archive that has to be there.

    Raises:
        NoArchive: there is none, or as `read`.
        Damaged, StorageError: as `read`.
    """
    found = read(folder)
    if found is None:
        raise absent(folder)
    return found


def absent(folder: Path) -> NoArchive:
    """What is said of a folder, or a file, that is no archive."""
    if folder.is_file():
        return NoArchive(f"{folder} is a file, and an archive is a folder. Name that.")
    return NoArchive(
        f"No archive in {folder}. Make one with 'fapproc read -u NAME' or 'fapproc import DIR', "
        "or name another folder with --archive or FAP_ARCHIVE."
    )


def _read(values: Mapping[str, Any], folder: Path) -> Description:
    slots = values.get("slots")
    if not isinstance(slots, list) or len(slots) > MOST_SLOTS:
        raise _not_as_written(folder)
    try:
        passwords = tuple(Slot.read(slot) for slot in slots)
        work = None if values.get("work") is None else Work(values["work"])
    except Damaged as error:
        raise Damaged(f"{error} {_put_back(folder)}") from None
    except ValueError as error:  # no work of ours
        raise _not_as_written(folder) from error
    found = Description(
        id=str(values.get("id")),
        suite=values.get("suite"),
        slots=passwords,
        work=work,
        mac=values.get("mac"),
        files=str(values.get("files")),
        database=str(values.get("database")),
    )
    try:
        id_known = len(bytes.fromhex(found.id)) == 16
    except ValueError:
        id_known = False
    mac_known = found.mac is None or _MAC.fullmatch(str(found.mac)) is not None
    covered = found.suite == SUITE and found.slots and found.mac
    begun = found.work is not None and found.slots and found.mac
    clear = found.suite is None and (begun or not (found.work or found.slots or found.mac))
    same = {**found._said(), "mac": found.mac} == dict(values)  # an unknown field, a location
    placed = registry.is_place(found.files) and is_place(found.database)
    known = id_known and mac_known and placed
    if not (known and same and (covered or clear)):
        raise _not_as_written(folder)
    return found


def _refuse_half(folder: Path) -> None:
    """Tell a folder that was an archive from an empty one, and from the predecessor's."""
    database = folder / DATABASE
    if (folder / LOCKS).is_dir() and database.is_file() and not database.stat().st_size:
        return  # begun by us, and a crash came before `FILE`
    if (folder / BACKUP).exists() or (database.is_file() and is_database(database)):
        raise Damaged(f"{folder / FILE} is missing. {_put_back(folder)}")
    if database.exists():
        raise NoArchive(
            f"{folder} holds a database of fapfavorites 2.0, which is not changed. Choose another "
            f"folder with --archive or FAP_ARCHIVE; 'fapproc import-legacy {folder} -d DIR' "
            "imports it there."
        )


def is_place(database: str) -> bool:
    """Whether this may be what an archive says of its rows."""
    return database == DATABASE or engines.is_url(database)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2) + "\n"


def _not_as_written(folder: Path) -> Damaged:
    return Damaged(f"{folder / FILE} is damaged. {_put_back(folder)}")


def _put_back(folder: Path) -> str:
    """What helps, as a sentence."""
    copy = f"its copy {BACKUP}" if (folder / BACKUP).exists() else f"{FILE} of a backup"
    return f"Put back {copy}."
