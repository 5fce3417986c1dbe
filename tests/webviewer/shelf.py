"""Fills an archive through the jobs that a crawl uses; thumbnails and groups by hand."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw

from fapproc.archive import Archive
from fapproc.db import catalogue, duplicates, images
from fapproc.db import pairs as pair_rows
from fapproc.db.images import Stored
from fapproc.jobs import crawl, import_folder, ingest
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import LOCAL_DISK, Facts, Folder, FolderKind, Format, Listed, UserId
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind, digest_of

AT = 1_790_000_000
ANNA = 7700
MEADOW = 111


def drawn(number: int, side: int = 40) -> bytes:
    """A small PNG that no other number gives."""
    picture = Image.new("RGB", (side + 8, side), (number % 251, number // 251 % 251, 90))
    ImageDraw.Draw(picture).line((0, 0, number % side, side), fill=(250, 240, 200), width=3)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def digest(number: int) -> str:
    """The digest of the drawn picture of this number."""
    return digest_of(drawn(number))


class Shelf:
    """An archive that is being filled."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def user(self, user: int, name: str, albums: Mapping[int, str]) -> None:
        """Add a user with albums."""
        folders = [Folder(number, album) for number, album in albums.items()]
        crawl.record_folders(self.archive, user, name, folders, at=AT, source=Source.SITE)
        for number in albums:
            with self.archive.writing() as connection:
                catalogue.set_kind(connection, UserId(user), number, FolderKind.PICTURES)

    def fill(
        self,
        user: int,
        album: int,
        numbers: Iterable[int],
        *,
        names: Mapping[int, str | None] | None = None,
        misses: Sequence[Miss] = (),
    ) -> None:
        """List pictures by number as images of these ids, have them, and finish the album."""
        numbers = list(numbers)
        called = {number: f"picture {number}.png" for number in numbers} | dict(names or {})
        with self.archive.reading() as connection:
            found = catalogue.album_by_id(connection, UserId(user), album)
        assert found is not None
        ids = [*numbers, *(miss.image for miss in misses)]
        listed = [Listed(number, called.get(number)) for number in ids]
        crawl.record_page(self.archive, found, listed, failed=False)
        pictures = [Picture(n, called[n], drawn(n), Format.PNG) for n in numbers]
        ingest.store(self.archive, pictures, misses, at=AT, source=Source.SITE)
        crawl.finish_album(self.archive, found, ids, pages=1, at=AT)

    def import_pictures(self, name: str, numbers: Iterable[int]) -> int:
        """Import drawn pictures from a folder of the disk; return the album."""
        with TemporaryDirectory() as folder:
            for number in numbers:
                Path(folder, f"picture {number}.png").write_bytes(drawn(number))
            import_folder.import_folder(self.archive, Path(folder), name=name)
        with self.archive.reading() as connection:
            return catalogue.albums(connection, LOCAL_DISK)[-1].id

    def stored(self, number: int) -> Stored:
        """The row of a drawn picture."""
        with self.archive.reading() as connection:
            found = images.by_digest(connection, digest(number))
        assert found is not None
        return found

    def derive(self) -> None:
        """Give every image facts and a thumbnail."""
        with self.archive.reading() as connection:
            rows = [each for batch in images.iterate(connection) for each in batch]
        for each in rows:
            data = self.archive.vault.get(Key(Kind.BLOB, each.image.digest, each.image.format))
            small = Image.open(BytesIO(data))
            out = BytesIO()
            small.resize((12, 10)).save(out, "JPEG")
            thumb = out.getvalue()
            self.archive.vault.put([(Key(Kind.THUMB, each.image.digest, Format.JPG), thumb)])
            facts = Facts(small.width, small.height, animated=False)
            with self.archive.writing() as connection:
                entry = (len(thumb), digest_of(thumb), Format.JPG)
                images.set_derived(connection, each.id, facts, entry)

    def group(self, *numbers: int, score: float = 2) -> None:
        """Make a group of these pictures, the first near to each of the others."""
        rows = [self.stored(number).id for number in numbers]
        with self.archive.writing() as connection:
            [group] = duplicates.new_groups(connection, 1)
            duplicates.place(connection, dict.fromkeys(rows, group))
            pairs = [(min(rows[0], row), max(rows[0], row)) for row in rows[1:]]
            pair_rows.save_pairs(connection, {("percept", a, b): score for a, b in pairs})
