"""A plain client for the tests of the site: one request, one real socket."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.demosite.model import Photo
from tests.demosite.process import DemoSite

CDN = "https://cdnh.imagefap.com"
"""What stands in for the address of a site that has no socket."""


class Answer:
    """Status, headers and body of one request over a real socket."""

    def __init__(
        self, root: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> None:
        connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=120)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            self.status, self.headers = response.status, response.headers
            self.body = response.read()
        finally:
            connection.close()

    @property
    def text(self) -> str:
        """The body of a page."""
        return self.body.decode()


def file_path(site: DemoSite, photo: Photo) -> str:
    """The full-size address as the photo page gives it, without the host."""
    text = Answer(site.root, f"/photo/{photo.id}/").text
    found = re.search(rf'original="({re.escape(site.root)}[^"]*/{photo.id}\.[^"]*)"', text)
    assert found
    return found[1].removeprefix(site.root)


def healthy(site: DemoSite, skip: int = 0) -> Photo:
    """A photo without a fault."""
    return [photo for photo in site.world.photos.values() if photo.fault is None][skip]
