"""`fapproc process`: pictures a second, decode, thumbnail and hashes included."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from fapproc.archive import Archive
from fapproc.jobs import derive, import_folder
from tests.drawing import landscape

COUNT = 200
SIZE = (640, 480)


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "pictures")
        source.mkdir()
        for seed in range(COUNT):
            landscape(seed, SIZE).save(source / f"{seed}.jpg", quality=88)
        with Archive.open_or_create(Path(folder, "archive")) as archive:
            started = time.perf_counter()
            import_folder.import_folder(archive, source)
            imported = time.perf_counter() - started
            started = time.perf_counter()
            derive.derive(archive)
            processed = time.perf_counter() - started
            size = archive.database_bytes
    yield f"{COUNT} JPEGs of {SIZE[0]}x{SIZE[1]}"
    yield ""
    yield "| step | pictures/s |"
    yield "|---|---|"
    yield f"| import, durably | {COUNT / imported:.0f} |"
    yield f"| process | {COUNT / processed:.0f} |"
    yield ""
    yield f"Database: {size / COUNT / 1000:.1f} kB a picture"
