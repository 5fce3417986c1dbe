"""Keys of passwords, derived once a run of the tests: Argon2id takes 64 MiB and 0.3 s each time.

Imported beforehand by programs of tests, and used by the tests themselves: what one of them has
derived from a password, a salt and a cost lies in a folder where the others find it. And slots have
one salt, so a new archive of a password that was used before derives nothing either. That each has
its own is tested without this (`tests/vault/test_keys.py`), and programs that begin cold have both
as a person does.
"""

import hashlib
import os
import secrets
import threading
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives.kdf import argon2

from fapproc.vault import keys

VARIABLE = "TESTS_DERIVED"
"""Names the folder, for processes in which programs are begun."""
_REAL = argon2.Argon2id


class Remembered:
    """Argon2id, which derives the same from the same once."""

    def __init__(self, folder: Path, **parameters: bytes | int) -> None:
        self._folder = folder
        self._parameters = tuple(sorted(parameters.items()))

    def derive(self, password: bytes) -> bytes:
        """What the real one makes of a password."""
        return _derived(self._folder, password, self._parameters)


@cache
def _derived(
    folder: Path, password: bytes, parameters: tuple[tuple[str, bytes | int], ...]
) -> bytes:
    name = hashlib.sha256(repr((password, parameters)).encode()).hexdigest()
    file = folder / name
    with suppress(OSError):
        return file.read_bytes()
    made: bytes = _REAL(**dict(parameters)).derive(password)  # type: ignore[arg-type]
    half = folder / f"{name}.{os.getpid()}.{threading.get_ident()}"
    with suppress(OSError):  # a program that may not write there derives for itself
        half.write_bytes(made)
        half.replace(file)
    return made


class OneSalt:
    """What `fapproc.vault.keys` uses of `secrets`: keys and nonces are random, salts are not."""

    @staticmethod
    def token_bytes(count: int) -> bytes:
        """Random bytes, but for a salt."""
        return bytes(count) if count == keys.SALT_BYTES else secrets.token_bytes(count)


def use(folder: Path) -> None:
    """Have this process derive so, and those that it begins and that load this module."""
    os.environ[VARIABLE] = str(folder)
    vars(argon2)["Argon2id"] = partial(Remembered, folder)
    vars(keys)["secrets"] = OneSalt


if VARIABLE in os.environ:
    use(Path(os.environ[VARIABLE]))
