"""The site over real sockets, while all is well."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from tests.demosite import pictures
from tests.demosite.client import Answer, file_path, healthy
from tests.demosite.process import DemoSite
from tests.demosite.response import Request
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.processes import Process


def test_another_process_serves_the_very_bytes_of_the_truth(site: DemoSite) -> None:
    folder = site.world.main.folder_named("Formats")
    for photo_id in folder.photo_ids:
        photo = site.world.photos[photo_id]
        answer = Answer(site.root, file_path(site, photo))
        assert answer.headers["Content-Type"].startswith("image/")
        assert hashlib.sha256(answer.body).hexdigest() == pictures.digest(photo)


def test_the_framed_copy_and_the_thumbs_are_other_pictures(site: DemoSite) -> None:
    photo = healthy(site, 3)
    text = Answer(site.root, f"/photo/{photo.id}/").text
    framed = re.search(rf'framed="{site.root}([^"]*/{photo.id}\.[^"]*)"', text)
    assert framed
    body = Answer(site.root, framed[1]).body
    assert body != pictures.render(photo)
    for kind, side in (("thumb", 150), ("mini", 75)):
        small = Answer(site.root, f"/images/{kind}/{photo.tail_path}.jpg")
        assert max(Image.open(io.BytesIO(small.body)).size) == side


def test_an_address_unsigned_forged_moved_or_expired_is_refused(local: Site) -> None:
    one, other = list(local.world.photos.values())[:2]
    now = time.time()
    query = dict(pair.split("=") for pair in urlsplit(local.addresses(one).full).query.split("&"))

    def status(path: str, **values: str) -> int:
        return local.answer(Request("GET", path, values), path).status

    assert status(one.full_path, **query) == 200
    assert status(one.full_path) == 403
    assert status(one.full_path, **{**query, "end": str(int(query["end"]) + 1)}) == 403
    assert status(one.full_path, **{**query, "secure": "0" * 21}) == 403
    assert status(other.full_path, **query) == 403
    local.clock = lambda: now + local.lifetime + 2
    assert status(one.full_path, **query) == 403


def test_addresses_live_as_long_as_the_option_says() -> None:
    with DemoSite(lifetime=-5, scale=0.1, markup="oneline") as stale:
        assert Answer(stale.root, file_path(stale, healthy(stale))).status == 403


def test_what_is_not_there_is_404(site: DemoSite) -> None:
    main, second = site.world.main, site.world.second
    favorites = f"/showfavorites.php?userid={main.id}&folderid="
    photo = healthy(site)
    for path in (
        "/profile/Nobody",
        "/showfavorites.php?userid=1&page=0",
        "/showfavorites.php",
        f"{favorites}{second.folders[0].id}",
        "/photo/1/",
        "/nothing",
        f"/images/full/0/{str(photo.id)[:3]}/{photo.id}.jpg",
    ):
        assert Answer(site.root, path).status == 404, path
    assert Answer(site.root, f"{favorites}{main.folders[0].id}&page=").status == 200
    assert Answer(site.root, f"/profile/{quote(main.name.lower())}").status == 200


def test_a_connection_is_kept_and_head_sends_no_body(site: DemoSite) -> None:
    connection = http.client.HTTPConnection(urlsplit(site.root).netloc, timeout=120)
    connection.request("HEAD", "/human-verification")
    head = connection.getresponse()
    assert head.read() == b""
    before = connection.sock
    connection.request("GET", "/human-verification")
    body = connection.getresponse().read()
    assert connection.sock is before
    assert len(body) == int(head.headers["Content-Length"])
    assert b"we need to check that you are a real human being" in body
    connection.close()


def test_the_log_holds_all_requests_but_the_controls_until_it_is_reset(site: DemoSite) -> None:
    site.reset()
    before = time.time()
    Answer(site.root, "/profile/Nobody?a=b")
    Answer(site.root, "/human-verification", "HEAD")
    seen = [(each.method, each.path, each.status) for each in site.requests()]
    assert seen == [("GET", "/profile/Nobody?a=b", 404), ("HEAD", "/human-verification", 200)]
    assert before <= site.requests()[0].at <= time.time()
    site.reset()
    assert site.requests() == []


def test_a_fault_on_the_command_line_strikes_and_sigterm_ends_cleanly() -> None:
    photo = next(iter(build(scale=0.1, plain=True).photos.values()))
    command = [sys.executable, "-m", "tests.demosite", "--scale=0.1", "--plain"]
    with Process(
        [*command, f"--fault={photo.id}=page-gone"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        root = process.stdout.readline().strip()
        assert Answer(root, f"/photo/{photo.id}/").status == 410
        assert json.loads(Answer(root, "/_demo/requests").body)[0]["status"] == 410
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        assert process.stderr.read() == ""


def test_a_site_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="no photo has the id 5"), DemoSite(faults={5: "drop"}):
        pass
