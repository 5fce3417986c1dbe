"""`check --read-data` beside sha256 and AES-GCM alone, on the same files in the same run."""

import hashlib
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fapproc.archive import Archive
from fapproc.jobs import crawl, ingest, reading
from fapproc.jobs.ingest import Picture
from fapproc.model import Folder, Format, Listed
from fapproc.sources import Source

COUNT = 2000
SIZES = (20_000, 400_000)
RUNS = 3


def run() -> Iterator[str]:
    """Yield the lines of a table: medians of alternating runs, files in the page cache."""
    yield f"{COUNT:,} files of {SIZES[0] // 1000} to {SIZES[1] // 1000} kB, {RUNS} runs in turn"
    yield ""
    yield "| archive | sha256 and AES-GCM alone, one thread | check --read-data | share |"
    yield "|---|---|---|---|"
    for form, password in (("open", ""), ("sealed", "correct-horse")):
        with TemporaryDirectory() as folder:
            os.environ["FAP_PASSWORD"] = password
            with Archive.open_or_create(Path(folder, "archive")) as archive:
                fill(archive, _drawn())
                files = sorted(Path(folder).glob("archive/blobs/*/*"))
                alone: list[float] = []
                ours: list[float] = []
                for _ in range(RUNS):
                    alone.append(_alone(files, opens=bool(password)))
                    ours.append(_check(archive))
        lower, rate = statistics.median(alone), statistics.median(ours)
        yield f"| {form} | {lower:,.0f} MB/s | {rate:,.0f} MB/s | {rate / lower:.2f} |"


def _drawn() -> list[bytes]:
    """Bytes as good as any: reading looks at no picture."""
    draw = random.Random(7)
    return [draw.randbytes(draw.randint(*SIZES)) for _ in range(COUNT)]


def fill(archive: Archive, files: Sequence[bytes]) -> None:
    """Store these files as what a crawl brought."""
    memory = crawl.record_folders(
        archive, 7700, "anna", [Folder(1, "all")], at=1, source=Source.SITE
    )
    pictures = [Picture(number, None, data, Format.JPG) for number, data in enumerate(files)]
    listed = [Listed(picture.image, None) for picture in pictures]
    crawl.record_page(archive, memory.folders[0], listed, failed=False)
    for start in range(0, len(pictures), 200):
        ingest.store(archive, pictures[start : start + 200], at=1, source=Source.SITE)


def _alone(files: list[Path], *, opens: bool) -> float:
    """MB/s of reading and hashing, and of opening one AES-GCM message of the same length before."""
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    messages = {path: cipher.encrypt(nonce, path.read_bytes(), None) for path in files}
    size, spent = 0, 0.0
    for path in files:
        started = time.perf_counter()
        data = path.read_bytes()
        if opens:
            data = cipher.decrypt(nonce, messages[path], None)
        hashlib.sha256(data).digest()
        spent += time.perf_counter() - started
        size += len(data)
    return size / spent / 1e6


def _check(archive: Archive) -> float:
    started = time.perf_counter()
    read = reading.read_all(archive, lambda _: None)
    assert not read.unsound
    return read.bytes / (time.perf_counter() - started) / 1e6
