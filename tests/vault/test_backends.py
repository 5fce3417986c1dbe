"""What every backend must keep: one suite over all there are."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fapproc.vault import registry
from fapproc.vault.backend import HERE, Backend
from tests.processes import Process
from tests.vault.grounds import AGE, GROUNDS, Ground, register

A, B = (f"blobs/{pair}/{pair * 32}.jpg" for pair in ("ab", "cd"))
THUMB = f"thumbs/ab/{'ab' * 32}.webp"


@pytest.fixture
def backend(ground: Ground) -> Backend:
    return ground.connect()


def names(backend: Backend) -> list[str]:
    return sorted(entry.name for kind in ("blobs", "thumbs") for entry in backend.entries(kind))


def test_each_backend_of_the_registry_has_its_ground_here(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    assert {name.partition(" ")[0] for name in GROUNDS} == registry.BACKENDS.keys()


def test_what_was_written_is_read_to_the_byte(backend: Backend) -> None:
    files = {A: b"one", B: b"", THUMB: bytes(range(256)) * 4000}
    backend.write(files)
    assert {name: backend.read(name) for name in files} == files


def test_a_write_replaces_what_had_the_name(backend: Backend) -> None:
    backend.write({A: b"old", B: b"other"})
    backend.write({A: b"new"})
    assert (backend.read(A), backend.read(B)) == (b"new", b"other")


def test_what_is_not_there_is_none(backend: Backend) -> None:
    assert backend.read(A) is None
    assert backend.entry(A) is None
    assert list(backend.entries("blobs")) == []
    backend.write({B: b"two"})
    assert backend.read(A) is None
    assert backend.entry(A) is None


def test_a_listing_has_each_file_of_its_kind_once_as_an_entry_of_its_own_has_it(
    backend: Backend,
) -> None:
    draw = random.Random(5)
    stems = [f"{draw.getrandbits(256):064x}" for _ in range(250)]
    files = {f"blobs/{stem[:2]}/{stem}.png": stem[: draw.randrange(60)].encode() for stem in stems}
    backend.write({**files, THUMB: b"small"})
    listed = list(backend.entries("blobs"))
    assert sorted(entry.name for entry in listed) == sorted(files)
    assert {entry.name: entry.bytes for entry in listed} == {n: len(d) for n, d in files.items()}
    for entry in listed:
        alone = backend.entry(entry.name)
        assert alone and entry.is_regular and entry.is_as_old_as(alone)
        assert replace(alone, changed_at=entry.changed_at) == entry
    assert [entry.name for entry in backend.entries("thumbs")] == [THUMB]


def test_a_listing_is_a_stream_whose_files_may_be_deleted_on_the_way(backend: Backend) -> None:
    stems = [f"{number:064x}" for number in range(250)]
    backend.write({f"blobs/{stem[:2]}/{stem}.png": b"data" for stem in stems})
    listing = backend.entries("blobs")
    assert isinstance(listing, Iterator)
    assert sum(backend.delete(entry.name) for entry in listing) == 250
    assert names(backend) == []


def test_a_deleted_file_is_gone_and_the_others_stay(backend: Backend) -> None:
    backend.write({A: b"one", B: b"two"})
    assert backend.delete(A)
    assert not backend.delete(A)
    assert (backend.read(A), backend.read(B)) == (None, b"two")


def test_a_file_is_as_old_as_its_last_write_or_renewal_by_the_backends_own_clock(
    ground: Ground, backend: Backend
) -> None:
    def age() -> float:
        entry = backend.entry(A)
        assert entry is not None
        return backend.now() - entry.changed_at

    backend.write({A: b"one"})
    assert -1 <= age() < AGE / 2
    for renews in (True, False):
        ground.age(A)
        assert age() > AGE - 1
        if renews:
            backend.renew(A, b"one")
        else:
            backend.write({A: b"one"})
        assert -1 <= age() < AGE / 2
    assert backend.read(A) == b"one"


def test_nothing_keeps_a_file_from_its_name_where_nothing_lies(backend: Backend) -> None:
    assert backend.obstacle(A) is None
    backend.write({A: b"one"})
    assert (backend.obstacle(A), backend.obstacle(B)) == (None, None)


def test_an_empty_place_can_be_swept_and_tells_its_room(backend: Backend) -> None:
    backend.sweep()
    free = backend.free()
    assert free is None or free > 0
    assert all(isinstance(folder, Path) for folder in backend.folders())


def test_several_threads_may_use_one(backend: Backend) -> None:
    def work(number: int) -> None:
        for turn in range(5):
            stem = f"{number:02x}{turn:062x}"
            backend.write({f"blobs/{stem[:2]}/{stem}.png": stem.encode()})
            assert backend.read(f"blobs/{stem[:2]}/{stem}.png") == stem.encode()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(backend)) == 20


WITHOUT_END = """
import itertools, sys
from pathlib import Path
from fapproc.vault import registry
from fapproc.vault.backend import Place
registry.BACKENDS["onefile"] = "tests.vault.in_one_file:OneFile"
backend = registry.connect(Place(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
for number in itertools.count():
    stems = [f"{number % 256:02x}{turn:02x}{number:060x}" for turn in range(8)]
    backend.write({f"blobs/{stem[:2]}/{stem}.png": stem.encode() * 500 for stem in stems})
    print(number, flush=True)
"""


def test_a_kill_leaves_whole_files_and_all_that_were_acknowledged(
    ground: Ground, backend: Backend
) -> None:
    place = ground.place
    code = [sys.executable, "-c", WITHOUT_END, place.url, str(place.folder), place.archive]
    with Process(code, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(4)]
        writer.kill()
    backend.sweep()
    left = names(backend)
    assert len(left) >= 8 * len(acknowledged)
    assert all(backend.read(name) == Path(name).stem.encode() * 500 for name in left)


def test_an_archive_has_its_files_in_its_own_folder_or_at_a_url() -> None:
    for url in (HERE, "onefile:///somewhere", "s3://bucket/archive"):
        assert registry.is_place(url)
    for url in ("", "/tmp", "..", "file:///tmp", "onefile", "None", "://", "One file://", " s3://"):
        assert not registry.is_place(url)
