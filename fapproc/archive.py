"""The archive: vault and database of one folder, opened once and closed once.

    archive.json (+ .bak)   format version, archive id, cipher, password slots, where things are
    imagefap.database       the rows
    blobs/ thumbs/          the files
    tag_export/             what `export` writes

`archive.json` is written first and the database second, so a folder with `imagefap.database` but
no `archive.json` is never ours: it is the predecessor's, or one whose `archive.json` was lost.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection

from fapproc import config
from fapproc.db.engine import Database
from fapproc.errors import Damaged, NoArchive, PasswordProblem, StorageError
from fapproc.vault.local import LocalFolder
from fapproc.vault.store import Vault

FORMAT = 1
DESCRIPTION = "archive.json"
DATABASE = "imagefap.database"
EXPORT = "tag_export"


@dataclass(frozen=True, slots=True)
class Description:
    """What `archive.json` says. `cipher` and `slots` are empty in an open archive."""

    format: int
    id: str
    cipher: str | None = None
    slots: list[Any] = field(default_factory=list)
    database: str = DATABASE
    files: str = "."


class Archive:
    """One opened archive; use it as a context manager."""

    def __init__(self, folder: Path, description: Description) -> None:
        self.folder = folder
        self.description = description
        self.vault = Vault(LocalFolder(folder / description.files))
        self._database = Database(folder / description.database)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the archive in this folder, bringing its tables up to date.

        Raises:
            NoArchive: no archive there, the predecessor's, or one of a newer program.
            PasswordProblem: the archive is sealed, or a password was given for an open one.
            Damaged: `archive.json` or the database can't be read.
        """
        config.refuse_password()
        description = _read_description(folder)
        if description is None:
            raise _no_archive(folder)
        return cls._opened(folder, description)

    @classmethod
    def open_or_create(cls, folder: Path) -> Self:
        """Open the archive in this folder, or make an open one where there is none.

        Raises:
            NoArchive: the folder holds the predecessor's database.
            StorageError: the folder can't be made or written.
            PasswordProblem, Damaged: as `open`.
        """
        config.refuse_password()
        description = _read_description(folder)
        if description is None:
            if (folder / DATABASE).exists():
                raise _no_archive(folder)
            description = Description(format=FORMAT, id=uuid.uuid4().hex)
            _write_description(folder, description)
        return cls._opened(folder, description)

    @classmethod
    def _opened(cls, folder: Path, description: Description) -> Self:
        archive = cls(folder, description)
        try:
            archive._database.migrate()
            archive.vault.sweep()
        except BaseException:
            archive.close()
            raise
        return archive

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the rows."""
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a writing transaction; durable when the block ends without an error."""
        with self._database.writing() as connection:
            yield connection

    @property
    def sealed(self) -> bool:
        """Whether files and rows are encrypted."""
        return self.description.cipher is not None

    @property
    def database_path(self) -> Path:
        """Where the rows are."""
        return self._database.path

    @property
    def database_bytes(self) -> int:
        """What the rows take on disk, the write-ahead log included."""
        path = self._database.path
        files = (path, path.with_name(path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @property
    def export_folder(self) -> Path:
        """Where `export` writes."""
        return self.folder / EXPORT


def _no_archive(folder: Path) -> NoArchive:
    if (folder / DATABASE).exists():
        return NoArchive(
            f"{folder} holds a database of fapfavorites 2.0, which is left alone. Choose another "
            "folder with --archive or FAP_ARCHIVE; 'fapproc import-legacy' will bring it over in "
            "a coming version."
        )
    return NoArchive(
        f"No archive in {folder}. Make one with 'scrapy crawl favorites -a user=NAME' or "
        "'fapproc import DIR', or name another folder with --archive or FAP_ARCHIVE."
    )


def _read_description(folder: Path) -> Description | None:
    path = folder / DESCRIPTION
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}. Give permission.") from error
    except ValueError as error:  # not UTF-8, not JSON
        raise _not_as_written(path) from error
    if not isinstance(values, dict) or not isinstance(values.get("format"), int):
        raise _not_as_written(path)
    if values["format"] > FORMAT:
        raise NoArchive(
            f"{folder} was written by a newer version of this program. Update it to open this one."
        )
    if values.get("cipher") is not None or values.get("slots"):
        raise PasswordProblem(
            f"The archive in {folder} is sealed; this version opens only open archives. Update it."
        )
    if values != asdict(Description(format=FORMAT, id=str(values.get("id")))):
        raise _not_as_written(path)  # a location outside the folder, an unknown field
    return Description(**values)


def _not_as_written(path: Path) -> Damaged:
    return Damaged(f"{path} is not what was written. Put back its copy {path.name}.bak.")


def _write_description(folder: Path, description: Description) -> None:
    data = (json.dumps(asdict(description), indent=2) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The archive folder {folder} can't be made: {error.strerror}. "
            "Name another one with --archive or FAP_ARCHIVE."
        ) from error
    files = LocalFolder(folder)
    files.write({f"{DESCRIPTION}.bak": data})
    files.write({DESCRIPTION: data})
