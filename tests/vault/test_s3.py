"""Object storage: whose files a place holds, what a server does wrong, and who is asked at all."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from fapproc.errors import Away, NoArchive, StorageError, Unreadable
from fapproc.vault import registry
from fapproc.vault.backend import Backend, Place
from tests.self_signed import self_signed
from tests.vault.between import Between, between
from tests.vault.grounds import ARCHIVE, register
from tests.vault.object_storage import WITHIN, ObjectStorage, served

ROOT = Path(__file__).parents[2]
NAME = f"blobs/ab/{'ab' * 32}.jpg"
DATA = bytes(range(256)) * 400


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    register(monkeypatch)
    made = Place(served().place(), tmp_path, ARCHIVE)
    registry.create(made)
    return made


@pytest.fixture
def way(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    """What stands between the backend and its server from here on."""
    with between(served()) as state:
        monkeypatch.setenv("AWS_ENDPOINT_URL", state.address)
        yield state


@pytest.fixture
def own_server(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ObjectStorage]:
    """A server that a test may stop."""
    server = ObjectStorage(tmp_path / "storage")
    (server.root / "pictures").mkdir(parents=True)
    server.start()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    registry.create(place)
    yield server
    server.stop()


def test_a_place_is_marked_once_and_is_nobody_elses_then(place: Place, tmp_path: Path) -> None:
    registry.create(place)
    other = Place(place.url, tmp_path, "00" * 16)
    with pytest.raises(StorageError, match="something lies there already"):
        registry.create(other)
    with pytest.raises(StorageError, match="holds the pictures of another archive"):
        registry.connect(other)


def test_a_place_with_somebodys_files_is_not_taken(place: Place, tmp_path: Path) -> None:
    registry.connect(place).write({"notes.txt": b"mine"})
    inside = served().path(place.url)
    inside.joinpath("archive.json").unlink()
    above = Place(place.url.rsplit("/", 1)[0], tmp_path, ARCHIVE)
    with pytest.raises(StorageError, match="something lies there already"):
        registry.create(above)
    assert inside.joinpath("notes.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("of", ["the bucket", "the folder"])
def test_what_was_emptied_is_not_taken_for_an_archive_without_pictures(
    place: Place, own_server: ObjectStorage, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    path = own_server.path(place.url)
    path.joinpath("archive.json").unlink()
    path.joinpath(NAME).unlink()
    if of == "the bucket":
        for folder in (path / "blobs/ab", path / "blobs", path, path.parent):
            folder.rmdir()
    own_server.look_again(lambda: backend.entry(NAME) is None)
    with pytest.raises(StorageError, match="holds no archive's pictures"):
        registry.connect(place)
    if of == "the folder":  # where a server says that there is no bucket, that is seen at once
        monkeypatch.setattr("fapproc.vault.s3._JUST_NOW", 0)
    for ask in (
        lambda: backend.read(NAME),
        lambda: backend.delete(NAME),
        lambda: [*backend.entries("blobs")],
    ):
        with pytest.raises(Away, match=r"holds no archive's pictures|has no such bucket"):
            ask()


def test_the_time_is_the_servers_which_is_asked_for_it_once(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    way.ahead = 40_000
    backend.write({NAME: DATA})
    found = backend.entry(NAME)
    assert found and found.changed_at > time.time() + 30_000
    assert -1 <= backend.now() - found.changed_at < WITHIN
    asked = len(way.asked)
    assert -1 <= backend.now() - found.changed_at < WITHIN
    assert len(way.asked) == asked


def test_who_may_not_write_is_told_the_time_of_this_computer(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    way.faults += ["403"]
    assert abs(backend.now() - time.time()) < WITHIN
    assert way.faults == []


@pytest.mark.parametrize(
    "said", ["{", "[]", '{"format": 1}', f'{{"format": 2, "archive": "{ARCHIVE}"}}']
)
def test_a_marker_that_is_torn_or_of_a_newer_program_is_not_this_archives(
    said: str, place: Place
) -> None:
    registry.connect(place).write({"archive.json": said.encode()})
    with pytest.raises(StorageError, match="holds the pictures of another archive"):
        registry.connect(place)


NO_PLACES = (
    "s3://",
    "s3:///pictures",
    "s3://Bucket",
    "s3://b/x",
    "s3://bucket/../other",
    "s3://bucket//x",
    "s3://bucket/a b",
    "s3://bucket/x?endpoint=https://example.org",
    "s3://key:secret@bucket/x",
    "s3://bucket/.hidden",
)


def test_what_is_no_bucket_and_folder_is_refused_without_asking_anybody(
    way: Between, tmp_path: Path
) -> None:
    for url in NO_PLACES:
        with pytest.raises(StorageError, match="is not of the form s3://BUCKET") as refused:
            registry.connect(Place(url, tmp_path, ARCHIVE))
        assert "secret" not in str(refused.value)
    assert way.asked == []


@pytest.mark.parametrize("faults", [["503"], ["503", "503"], ["429"], ["half"], ["lost"], ["slow"]])
def test_a_server_that_is_busy_for_a_moment_is_asked_again_or_waited_for(
    faults: list[str], way: Between, place: Place
) -> None:
    backend = registry.connect(place)
    way.faults += faults
    backend.write({NAME: DATA})
    assert way.faults == []
    way.faults += [fault for fault in faults if fault != "half"]
    assert backend.read(NAME) == DATA
    assert way.faults == []


@pytest.mark.parametrize("fault", ["503", "half", "lost"])
def test_what_a_server_does_not_take_is_an_error_and_nothing_half_is_left(
    fault: str, way: Between, place: Place
) -> None:
    backend = registry.connect(place)
    backend.write({NAME: b"before"})
    for times, words in ((4, "can't be written"), (10, "can't be reached")):
        way.faults += [fault] * times
        with pytest.raises(StorageError, match=rf"{words}: .* Look at the server") as refused:
            backend.write({NAME: DATA})
        assert isinstance(refused.value, Away) == (times > 4)
        assert "\n" not in str(refused.value)
        way.faults.clear()
    assert backend.read(NAME) == b"before"
    backend.write({NAME: DATA})
    assert backend.read(NAME) == DATA


def test_an_answer_that_breaks_off_is_never_taken_for_the_whole(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    way.faults += ["cut"]
    try:
        assert backend.read(NAME) == DATA
    except Unreadable:
        assert backend.read(NAME) == DATA


def test_several_files_are_on_their_way_at_once(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    way.holds = "PUT "
    names = [f"blobs/{n:02x}/{n:064x}.jpg" for n in range(12)]
    writer = Thread(target=backend.write, args=(dict.fromkeys(names, DATA),))
    writer.start()
    assert way.held.wait(WITHIN)
    ends = time.monotonic() + WITHIN
    while len(asked := [line for line in way.asked if line.startswith("PUT ")]) < 4:
        assert time.monotonic() < ends, asked
        time.sleep(0.01)
    way.released.set()
    writer.join(WITHIN)
    assert sorted(entry.name for entry in backend.entries("blobs")) == names


def test_whose_place_it_is_isnt_asked_again_for_each_file_that_is_not_there(
    way: Between, place: Place
) -> None:
    backend = registry.connect(place)
    for number in range(3):
        assert backend.read(f"blobs/{number}.jpg") is None
    assert _times(way, "archive.json") == 1


def test_a_server_that_says_nothing_is_asked_again_but_not_while_it_may_be_sent_to(
    way: Between, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.vault.s3_store._SILENT", timedelta(seconds=0.1))
    backend = registry.connect(place)
    small, large = "blobs/small.jpg", "blobs/large.jpg"
    way.holds = "blobs/"
    writer = Thread(target=backend.write, args=({large: bytes(1 << 20), small: DATA[:99]},))
    writer.start()
    _wait_for(lambda: _times(way, small) == 3)
    assert _times(way, large) == 1
    way.released.set()
    writer.join(WITHIN)
    assert backend.read(large) == bytes(1 << 20)
    way.released.clear()
    with ThreadPoolExecutor() as threads:
        read = threads.submit(backend.read, small)
        _wait_for(lambda: _times(way, small) == 5)
        way.released.set()
        assert read.result(WITHIN) == DATA[:99]


def _times(way: Between, name: str) -> int:
    """How often an object was asked for, or put."""
    return sum(name in line for line in [*way.asked])


def _wait_for(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.long
def test_an_answer_that_goes_on_for_long_is_read_to_its_end(
    way: Between, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.vault.s3_store._SILENT", timedelta(minutes=2))
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    way.faults += ["slow"]
    way.pause = 31
    assert backend.read(NAME) == DATA
    assert _times(way, NAME) == 2


def test_ctrl_c_is_heard_while_a_server_says_nothing(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    requests: dict[str, Callable[[], object]] = {
        "GET ": lambda: backend.read(NAME),
        "HEAD ": lambda: backend.entry(NAME),
        "PUT ": lambda: backend.write({NAME: DATA}),
        "POST ": lambda: backend.delete(NAME),
        "list-type": lambda: list(backend.entries("blobs")),
    }
    for way.holds, ask in requests.items():
        way.held.clear()
        way.released.clear()
        heard = Event()
        interrupting = Thread(target=_interrupt, args=(way, heard))
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            ask()
        heard.set()
        interrupting.join()
        assert not way.released.is_set(), way.holds
        way.released.set()


def _interrupt(way: Between, heard: Event) -> None:
    """Press Ctrl-C as a request is held; if that is not heard, pass the request on."""
    assert way.held.wait(WITHIN)
    os.kill(os.getpid(), signal.SIGINT)
    if not heard.wait(WITHIN / 3):
        way.released.set()


def test_a_write_that_failed_sends_no_more(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    files = [f"blobs/{n:02x}/{n:064x}.jpg" for n in range(200)]
    way.faults += ["403"] * len(files)
    with pytest.raises(StorageError):
        backend.write(dict.fromkeys(files, b"data"))
    assert sum(line.startswith("PUT ") for line in way.asked) < len(files) / 2


def test_a_large_file_is_put_whole_as_parts_of_one_would_stay(way: Between, place: Place) -> None:
    registry.connect(place).write({NAME: bytes(6 << 20)})
    assert [line.partition("?")[0] for line in way.asked if not line.startswith("GET ")] == [
        f"PUT {place.url.removeprefix('s3:/')}/{NAME}"
    ]


def test_a_web_page_in_the_servers_place_is_neither_a_file_nor_a_place_without_files(
    way: Between, place: Place
) -> None:
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    way.is_page = True
    _sees_nothing(backend, "a web page is there in place of files")
    with pytest.raises(StorageError, match="can't be reached: a web page is there"):
        registry.connect(place)
    with pytest.raises(StorageError, match="can't be reached: a web page is there"):
        registry.create(place)
    way.is_page = False
    assert backend.read(NAME) == DATA


def test_a_server_that_is_away_is_a_sentence_and_all_is_there_when_it_is_back(
    place: Place, own_server: ObjectStorage
) -> None:
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    own_server.stop()
    _sees_nothing(backend)
    with pytest.raises(StorageError, match="can't be reached"):
        registry.connect(place)
    own_server.start()
    assert backend.read(NAME) == DATA
    assert [entry.name for entry in backend.entries("blobs")] == [NAME]


def _sees_nothing(backend: Backend, why: str = "the server does not answer") -> None:
    asked: list[Callable[[], object]] = [
        lambda: backend.read(NAME),
        lambda: list(backend.entries("blobs")),
        lambda: backend.write({NAME: DATA, NAME.replace("ab", "cd"): DATA}),
        lambda: backend.delete(NAME),
    ]
    for ask in asked:
        with pytest.raises(Away, match=rf"can't be reached: {why}\. Look at the server") as refused:
            ask()
        assert "\n" not in str(refused.value)


def test_the_words_of_a_server_are_on_one_line(way: Between, place: Place) -> None:
    backend = registry.connect(place)
    way.faults += ["400"]
    with pytest.raises(StorageError, match="written: the server answers 400") as refused:
        backend.write({NAME: DATA})
    assert "(the words of the server)" in str(refused.value)


def test_a_wrong_secret_is_a_sentence(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
    with pytest.raises(StorageError, match="can't be reached") as refused:
        registry.connect(place)
    told = str(refused.value)
    assert "the server refuses, 403 Forbidden (The request signature we calculated" in told
    assert "Look at AWS_ACCESS_KEY_ID" in told
    assert "another one" not in told and "<" not in told


def test_the_key_of_the_page_about_buckets_is_one_that_rclone_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "bucket.md").read_text()
    found = re.search(r"--auth-key (\S+),(\S+) ", page)
    assert found
    assert f"AWS_ACCESS_KEY_ID={found[1]} AWS_SECRET_ACCESS_KEY={found[2]}\n" in page
    server = ObjectStorage(tmp_path, found[1], found[2])
    (tmp_path / "pictures").mkdir()
    server.start()
    try:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        registry.create(Place("s3://pictures/favorites", tmp_path, ARCHIVE))
        with pytest.raises(StorageError, match=r"the server has no such bucket\. Make it"):
            registry.create(Place("s3://elsewhere/favorites", tmp_path, ARCHIVE))
    finally:
        server.stop()


def test_without_credentials_nobody_is_asked_for_some(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would ask the metadata server of a cloud."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0.2)
        monkeypatch.setenv(
            "AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}"
        )
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        with pytest.raises(StorageError, match="needs credentials"):
            registry.connect(place)
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"])
def test_pictures_go_over_no_network_unencrypted(
    name: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv(name, "http://storage.example:9000")
    with pytest.raises(StorageError, match="unencrypted"):
        registry.connect(place)


def test_a_redirect_leads_no_picture_over_the_network_unencrypted(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = self_signed(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with between(served(), file) as far, between(served()) as plain:
        monkeypatch.setenv("AWS_ENDPOINT_URL", far.address)
        backend = registry.connect(place)
        backend.write({NAME: DATA})
        assert backend.read(NAME) == DATA
        far.leads_to = plain.address
        with pytest.raises(StorageError):
            backend.read(NAME)
        assert plain.asked == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_pictures_for_a_server_of_this_computer_pass_no_proxy(
    name: str, way: Between, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", served().environment["AWS_ENDPOINT_URL"])
    monkeypatch.setenv(name, way.address)
    backend = registry.connect(place)
    backend.write({NAME: DATA})
    assert backend.read(NAME) == DATA
    assert way.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://ann:hush@127.0.0.1:1",
        "http://ann:hush@storage.example",
        "http://[::1",
        "ann:hush@x",
    ],
)
def test_an_address_of_a_server_that_is_none_or_holds_a_password_is_a_sentence_without_it(
    address: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    with pytest.raises(StorageError, match="AWS_ENDPOINT_URL") as refused:
        registry.connect(place)
    assert "hush" not in str(refused.value)


def test_without_its_package_it_says_how_to_install_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.BACKENDS, "s3", "obstore_that_is_not_installed:Backend")
    with pytest.raises(NoArchive, match=r"pip install '\.\[s3\]'"):
        registry.connect(place)
