"""What lies in a folder: an archive and the keys that a password opens, or room for a new one.

Passwords are asked for and nothing is opened yet, so that who asks can wait, or open it often.
"""

from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc import disk, ours
from fapproc import password as passwords
from fapproc.db import founding
from fapproc.db.engine import Database
from fapproc.description import Description
from fapproc.durable.folder import refusal
from fapproc.errors import ArchiveHeld, Damaged, PasswordProblem, StorageError
from fapproc.lock import Lock
from fapproc.ours import DATABASE
from fapproc.vault import registry
from fapproc.vault.backend import HERE, Place
from fapproc.vault.keys import SUITE, Keys
from fapproc.vault.store import Kind

FIRST_SLOT = "password"
CREATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A folder that holds an archive, and its keys if it is sealed: to be opened, maybe later."""

    folder: Path
    description: Description
    keys: Keys | None


@dataclass(frozen=True, slots=True)
class NewArchive:
    """A folder without an archive; password, place of files and of rows of a new one."""

    folder: Path
    password: str | None = field(repr=False)
    files: str = HERE
    database: str = DATABASE


def unlock(folder: Path, password: str | None = None) -> Unlocked:
    """Find the archive in a folder and open its keys.

    Args:
        folder: which.
        password: what was typed for a sealed one; it is asked for where none is given.

    Raises:
        NoArchive, PasswordProblem, Damaged: as `Archive.open`.
    """
    if (found := descriptions.read(folder)) is None:
        _refuse_orphans(folder)
        raise descriptions.absent(folder)
    return _unlock(folder, found, password)


def prepare(folder: Path, *, makes: bool = True) -> Unlocked | NewArchive:
    """Ask for what opening or, if it `makes` one, making the archive needs; nothing is made yet.

    Raises:
        NoArchive: the predecessor's folder, or an archive of a newer program.
        StorageError: none could be made there.
        PasswordProblem, ArchiveHeld, Damaged: as `Archive.open`.
    """
    if (found := descriptions.read(folder)) is not None:
        return _unlock(folder, found)
    if not makes:
        return NewArchive(folder, None)
    if (refused := refusal(folder)) is not None:
        raise _not_makable(folder, refused)
    _refuse_orphans(folder)
    return NewArchive(folder, passwords.ask_new(f"Password for the new archive in {folder}"))


def create_if_needed(prepared: Unlocked | NewArchive) -> Unlocked:
    """Make the archive that is wanted, so that it can be opened as often as a command needs.

    Raises:
        StorageError: the folder, or the place of its files, can't be made.
        ArchiveHeld: another program has made one there meanwhile.
    """
    if isinstance(prepared, Unlocked):
        return prepared
    folder, password = prepared.folder, prepared.password
    try:
        disk.make(folder, 0o700)
    except OSError as error:
        raise _not_makable(folder, error) from error
    with Lock(folder).job("create", wait=CREATE_SECONDS):
        found = descriptions.read(folder)
        new = replace(Description.new(), files=prepared.files, database=prepared.database)
        if found and not found.sealed and password is None and found == replace(new, id=found.id):
            return Unlocked(folder, found, None)
        if found is not None:
            raise ArchiveHeld(f"An archive was made in {folder} meanwhile.", "Try again.")
        keys = None
        if password is not None:
            keys = Keys.new(new.id)
            slots = (keys.slot(FIRST_SLOT, password),)
            new = replace(new, suite=SUITE, slots=slots).authenticated(keys)
        registry.create(new.place(folder))
        with closing(Database(new.rows(folder / DATABASE))) as database:
            if new.is_on_server:
                founding.found(database, new.id)
            else:
                database.make()
        new.write(folder)
    if password is None:  # not before it is there: what fails makes none
        passwords.warn_open()
    return Unlocked(folder, new, keys)


def _unlock(folder: Path, found: Description, password: str | None = None) -> Unlocked:
    if found.work is not None:
        raise ArchiveHeld(
            f"'fapproc {found.work.command}' was started on the archive in {folder} and is not "
            "finished.",
            "Run it again: it goes on where it was.",
        )
    if not found.sealed:
        if password is not None or passwords.given() is not None:
            raise PasswordProblem(
                f"A password was given, but the archive in {folder} is not sealed: new pictures "
                "would be stored unencrypted. Leave the password out to use it as it is, or seal "
                "it with 'fapproc seal'."
            )
        return Unlocked(folder, found, None)
    typed = passwords.ask(f"Password of the archive in {folder}") if password is None else password
    keys, _ = Keys.unlock(found.id, list(found.slots), typed)
    found.check(keys, folder)
    return Unlocked(folder, found, keys)


def _refuse_orphans(folder: Path) -> None:
    """Refuse pictures of an archive whose rows are lost: to a new one they would be nobody's.

    Raises:
        Damaged: there are some.
    """
    found = registry.connect(Place(HERE, folder, "")).entries(Kind.BLOB)
    if any(ours.STORED.fullmatch(entry.name) for entry in found):
        raise Damaged(
            f"{folder} has pictures of an archive, but neither {ours.DESCRIPTION} nor a database. "
            "Restore both from a copy, finish the backup if that was begun there, or name another "
            "folder with --archive."
        )


def _not_makable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The archive folder {folder} can't be made: {error.strerror}. Name another one with "
        "--archive or FAP_ARCHIVE."
    )
