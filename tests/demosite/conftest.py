"""The site as tests want it: as a process, and without a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.demosite.client import CDN
from tests.demosite.process import DemoSite
from tests.demosite.site import Site
from tests.demosite.world import build


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    """The default site in its own process."""
    with DemoSite() as running:
        yield running


@pytest.fixture
def local() -> Site:
    """The same site without a socket, as the real one would name itself."""
    return Site(build(), root=CDN)
