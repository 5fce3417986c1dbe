"""Every fault does on the wire what it says."""

from __future__ import annotations

import http.client
import io
import re
import socket
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from tests.demosite import pictures
from tests.demosite.board import FaultBoard
from tests.demosite.client import Answer, file_path, healthy
from tests.demosite.damage import png_bomb
from tests.demosite.faults import Scope
from tests.demosite.process import DemoSite
from tests.demosite.world import build


@pytest.mark.parametrize(
    ("kind", "status"),
    [("page-missing", 404), ("page-gone", 410), ("page-503", 503)],
)
def test_a_photo_page_can_refuse(site: DemoSite, kind: str, status: int) -> None:
    for photo in site.world.with_fault(kind):
        assert Answer(site.root, f"/photo/{photo.id}/").status == status


def test_a_photo_page_can_say_that_there_is_no_picture_or_give_no_address(site: DemoSite) -> None:
    (gone,) = site.world.with_fault("page-notext")
    answer = Answer(site.root, f"/photo/{gone.id}/")
    assert answer.status == 200
    assert ">The image you are trying to access does not exist" in answer.text
    for photo in site.world.with_fault("page-nolink"):
        text = Answer(site.root, f"/photo/{photo.id}/").text
        assert f"/{photo.id}." not in text.replace(f"/images/thumb/{photo.tail_path}.jpg", "")
        assert "original=" in text


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("file-missing", [404, 404]),
        ("file-503", [503, 503]),
        ("file-503-once", [503, 200]),
        ("file-expired", [403, 403]),
        ("file-expired-once", [403, 200]),
    ],
)
def test_a_file_can_refuse_once_or_always(site: DemoSite, kind: str, statuses: list[int]) -> None:
    for photo in site.world.with_fault(kind):
        for status in statuses:
            path = file_path(site, photo)
            assert Answer(site.root, path).status == status
            if kind.startswith("file-expired") and status == 403:
                assert Answer(site.root, path).status == 403


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (None, [200, 206]),
        ("head-refused", [405, 206]),
        ("head-forbidden", [403, 206]),
        ("range-refused", [405, 200]),
    ],
)
def test_a_file_tells_its_length_by_head_or_by_a_range(
    site: DemoSite, kind: str | None, statuses: list[int]
) -> None:
    photo = healthy(site, 2)
    site.set_faults({photo.id: kind})
    path, whole = file_path(site, photo), pictures.render(photo)
    head = Answer(site.root, path, "HEAD")
    byte = Answer(site.root, path, headers={"Range": "bytes=0-0"})
    site.set_faults({photo.id: None})
    assert [head.status, byte.status] == statuses
    assert head.body == b""
    if head.status == 200:
        assert head.headers["Content-Length"] == str(len(whole))
    if byte.status == 206:
        assert byte.body == whole[:1]
        assert byte.headers["Content-Range"] == f"bytes 0-0/{len(whole)}"
    assert Answer(site.root, path).body == whole


def test_a_drop_sends_half_and_resets_a_short_body_ends_cleanly(site: DemoSite) -> None:
    for kind in ("drop", "short"):
        (photo,) = site.world.with_fault(kind)
        whole = pictures.render(photo)
        path = file_path(site, photo)
        with socket.create_connection(("127.0.0.1", urlsplit(site.root).port or 0), 5) as plug:
            plug.sendall(f"GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n".encode())
            got, reset = b"", False
            try:
                while part := plug.recv(1 << 16):
                    got += part
            except ConnectionResetError:
                reset = True
        head, _, body = got.partition(b"\r\n\r\n")
        announced = int(re.findall(rb"Content-Length: (\d+)", head)[0])
        assert reset is (kind == "drop")
        assert body == (whole[: len(whole) // 2] if reset else whole)
        assert announced == len(whole) + (0 if reset else 1000)


def test_a_drop_once_is_whole_the_second_time(site: DemoSite) -> None:
    (photo,) = site.world.with_fault("drop-once")
    path = file_path(site, photo)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        Answer(site.root, path)
    assert Answer(site.root, path).body == pictures.render(photo)


def test_a_stall_sends_a_little_and_then_nothing(site: DemoSite) -> None:
    photo = healthy(site, 1)
    site.set_faults({photo.id: "stall"})
    path = file_path(site, photo)
    with socket.create_connection(("127.0.0.1", urlsplit(site.root).port or 0), 0.4) as plug:
        plug.sendall(f"GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n".encode())
        got = b""
        with pytest.raises(TimeoutError):
            while part := plug.recv(1 << 16):
                got += part
    assert got.endswith(pictures.render(photo)[:100])
    site.set_faults({photo.id: None})
    assert Answer(site.root, path).body == pictures.render(photo)


def test_bodies_that_are_no_whole_picture_arrive_whole(site: DemoSite) -> None:
    bodies = {
        kind: Answer(site.root, file_path(site, photo)).body
        for kind in ("empty", "html", "cut", "bomb", "eps")
        for photo in site.world.with_fault(kind)[:1]
    }
    photo = healthy(site, 1)
    site.set_faults({photo.id: "longer"})
    longer = Answer(site.root, file_path(site, photo)).body
    site.set_faults({photo.id: None})
    assert longer == pictures.render(photo) + bytes(10)
    assert bodies["empty"] == b""
    assert bodies["html"].startswith(b"<html")
    assert bodies["eps"].startswith(b"%!PS-Adobe")
    assert bodies["bomb"] == png_bomb()
    with Image.open(io.BytesIO(bodies["cut"])) as cut, pytest.raises(OSError, match="truncated"):
        cut.load()


def test_any_path_can_be_limited_broken_challenged_or_changed(site: DemoSite) -> None:
    profile = f"/profile/{quote(site.world.main.name)}"
    site.set_faults({"all-pages": "429*1"})
    limited = Answer(site.root, profile)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "1")
    assert Answer(site.root, profile).status == 200
    site.set_faults({"all-pages": "human"})
    challenged = Answer(site.root, profile)
    assert (challenged.status, challenged.headers["Location"]) == (302, "/human-verification")
    assert Answer(site.root, "/human-verification").status == 200
    site.set_faults({"all-pages": None, "/profile": "503", "/showfavorites.php": "landmarks"})
    assert Answer(site.root, profile).status == 503
    changed = Answer(site.root, f"/showfavorites.php?userid={site.world.main.id}")
    assert changed.status == 200
    assert "blk_" not in changed.text
    site.set_faults({"/profile": None, "/showfavorites.php": None})
    assert Answer(site.root, profile).status == 200


def test_a_built_in_fault_can_be_healed_and_an_unknown_one_is_refused() -> None:
    world = build()
    board = FaultBoard(world)
    (photo,) = world.with_fault("page-gone")
    path = f"/photo/{photo.id}/"
    assert board.strike(Scope.PAGE, path, photo) == "page-gone"
    board.set({str(photo.id): None})
    assert board.strike(Scope.PAGE, path, photo) is None
    for key, kind in ((str(photo.id), "nonsense"), ("5", "drop"), ("odd", "drop")):
        with pytest.raises(ValueError, match=r"known|no photo"):
            board.set({key: kind})
