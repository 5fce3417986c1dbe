"""Where an export is written: a folder, which of its files exports wrote, which are others'.

A hidden list in the folder records each file that an export wrote, with its digest. Only a listed
file that has not changed since is overwritten or removed; all others belong to somebody else.
"""

import contextlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

from fapproc import name_lengths, ours
from fapproc.archive import EXPORT, Archive
from fapproc.durable.folder import DurableFolder, refusal
from fapproc.errors import Damaged, FapError, NameTooLong, StorageError, UsageProblem
from fapproc.filenames import apart, cut, twin
from fapproc.real_paths import real
from fapproc.vault.store import digest_of

LIST = ".fapproc-export"
_ARCHIVE_MARK = "archive.json"


class Target:
    """A folder that is exported to; names are relative to it."""

    def __init__(self, root: Path, prefix: str = "") -> None:
        """Look at the folder; it is made when the first file is written.

        Args:
            root: a folder in which no link is followed below.
            prefix: the folder in it that is meant; "" for itself.
        """
        self.folder = root / prefix if prefix else root
        self._prefix = f"{prefix}/" if prefix else ""
        self._files = DurableFolder(root, f"the folder {self.folder}")
        self._listed = dict(self._read_list())

    @classmethod
    def of(cls, archive: Archive, output: Path | None) -> "Target":
        """The folder that was named, or the archive's own for that.

        Raises:
            UsageProblem: it is an archive, or lies in this one.
            StorageError: it can't be made or written.
        """
        if output is None:
            return cls(archive.folder, EXPORT)
        full, own = real(output), real(archive.folder)
        if (output / _ARCHIVE_MARK).exists() or full.is_relative_to(own):
            raise UsageProblem(
                f"{output} belongs to an archive, and pictures are exported unencrypted. Name "
                "another folder with --output."
            )
        if (refused := refusal(output)) is not None:
            raise StorageError(
                f"The folder {output} can't be used: {refused.strerror}. Name another with "
                "--output."
            )
        return cls(output)

    @property
    def longest(self) -> int:
        """How many bytes a name may have there."""
        return name_lengths.longest_name(self.folder)

    def holds(self, name: str, digest: str) -> bool:
        """Whether a file holds what has this digest; what can't be read holds nothing."""
        with contextlib.suppress(FapError):
            data = self._read(name)
            return data is not None and digest_of(data) == digest
        return False

    def stale(self, folders: Collection[str], named: Collection[str]) -> list[str]:
        """Files in these folders that an earlier export wrote, under none of these names."""
        inside = {twin(folder) for folder in (*folders, *map(_shorter, folders))}
        taken = {twin(name) for name in named}
        return sorted(
            name
            for name, digest in self._listed.items()
            if twin(name.rpartition("/")[0]) in inside
            and twin(name) not in taken
            and self.holds(name, digest)
        )

    def lay(
        self, name: str, data: bytes, taken: Collection[str], link: Path | None = None
    ) -> tuple[str, bool]:
        """Write a file unless it is there; returns its name, and whether it was written.

        Where a person's own file has the name, or the disk wants a shorter one, it gets another.

        Args:
            name: as it was decided.
            data: its bytes.
            taken: twins of names that this export has given away.
            link: a file of the same bytes, to be linked where the disk can.

        Raises:
            Damaged: a person's own files lie in all places.
            NameTooLong, StorageError: it can't be written.
        """
        folder, _, last = name.rpartition("/")
        digest = digest_of(data)
        beside = apart(last, digest[:8], self.longest)
        short = (
            f"{_shorter(folder)}/{apart(last, digest[:16], name_lengths.SHORTEST_LIMIT)}".lstrip(
                "/"
            )
        )
        for names in ([name, f"{folder}/{beside}".lstrip("/")], [short]):
            free = (each for each in names if twin(each) not in taken)
            chosen = next((each for each in free if self._is_free(each, digest)), None)
            if chosen is None:
                place = self._files.path(f"{self._prefix}{names[0]}")
                raise Damaged(f"{place} can't be written: a file of yours is there. Move it away.")
            with contextlib.suppress(NameTooLong):
                return chosen, self._write(chosen, data, digest, link)
        raise NameTooLong(f"{short} is too long a name for the disk of {self.folder}.")

    def remove(self, name: str) -> bool:
        """Remove a file that an earlier export wrote, if it is still what that wrote."""
        digest = self._listed.get(name)
        if digest is None or not self.holds(name, digest):
            return False
        del self._listed[name]
        return self._files.remove(f"{self._prefix}{name}", ours.ANY)

    def finish(self) -> None:
        """Write the list, and leave nothing else behind."""
        try:
            if self._listed:
                text = "".join(f"{json.dumps(each)}\n" for each in sorted(self._listed.items()))
                self._files.write({f"{self._prefix}{LIST}": text.encode()})
        finally:
            self._files.tidy()

    def _is_free(self, name: str, digest: str) -> bool:
        there = self._read(name)
        found = None if there is None else digest_of(there)
        return found is None or found in {digest, self._listed.get(name)}

    def _write(self, name: str, data: bytes, digest: str, link: Path | None) -> bool:
        is_new = not self.holds(name, digest)
        if is_new:
            linked = link is not None and self._files.link(f"{self._prefix}{name}", link)
            if not linked:
                self._files.write({f"{self._prefix}{name}": data})
        self._listed[name] = digest
        return is_new

    def _read(self, name: str) -> bytes | None:
        return self._files.read(f"{self._prefix}{name}")

    def _read_list(self) -> Iterator[tuple[str, str]]:
        """What earlier exports wrote; a line that is none is passed by."""
        data = b""
        with contextlib.suppress(FapError):
            data = self._read(LIST) or b""
        for line in data.decode("utf-8", "replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):
                name, digest = json.loads(line)
                yield str(name), str(digest)


def _shorter(folder: str) -> str:
    return "/".join(cut(part, name_lengths.SHORTEST_LIMIT) for part in folder.split("/"))
