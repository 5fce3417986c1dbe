"""Which site is meant, and that nothing outside of its package knows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fapproc.sites.registry import FIRST, SITES, read_address, site_at, site_of
from fapproc.sources import Source

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file
    for package in ("fapproc", "fapspider", "webviewer")
    for file in (ROOT / package).rglob("*")
    if file.suffix in {".py", ".html"}
)


@pytest.mark.parametrize("name", SITES)
def test_a_site_is_found_by_its_host_and_by_its_source(name: str) -> None:
    kind = SITES[name]
    site = site_at(kind.home)
    assert type(site) is kind and site.is_real and site.key == kind.domain
    assert site_of(kind.source, site) is site
    elsewhere = site_at("http://127.0.0.1:8001")
    assert type(elsewhere) is FIRST and not elsewhere.is_real
    assert site_of(Source.DISK, site) is None


@pytest.mark.parametrize("name", SITES)
def test_the_address_of_a_profile_is_read_as_it_was_built(name: str) -> None:
    kind = SITES[name]
    found = read_address(kind(kind.home).profile("Safe & User/é"))
    assert found is not None and found.user == "Safe & User/é" and kind.has_real(found.host)


def texts(file: Path) -> Iterator[str]:
    """The texts in a module, those that describe it apart."""
    tree = ast.parse(file.read_text())
    described = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in described:
            yield from [node.value] if isinstance(node.value, str) else ()


def marks(name: str) -> set[str]:
    """What only the site's own package may say: hosts, paths, parts of selectors."""
    kind = SITES[name]
    own = ROOT / "fapproc" / "sites" / name
    selectors = [text for file in own.rglob("*.py") for text in texts(file)]
    parts = {part for text in selectors for part in re.findall(r"'([^']+)'|[.#]([\w-]+)", text)}
    site = kind("")
    built = [site.profile("n"), site.folders(1, 0), site.folder(1, 2, 0), site.photo(1)]
    paths = {part for address in built for part in re.findall(r"[a-z]+\.php|/[a-z]+/", address)}
    words = {
        word for pair in parts for word in pair if re.search(r"[a-z][^a-z ]|[^a-z ][a-z]", word)
    }
    return words | paths | {kind.domain, *kind.check.paths}


@pytest.mark.parametrize("name", SITES)
def test_nothing_outside_of_its_package_knows_an_address_or_a_selector(name: str) -> None:
    kind, known = SITES[name], marks(name)
    assert {kind.domain, *kind.check.paths} < known, "the addresses of its pages are none of these"
    own = ROOT / "fapproc" / "sites" / name
    found = [
        f"{file.relative_to(ROOT)}: {mark}"
        for file in SOURCES
        if own not in file.parents
        for mark in known
        if re.search(rf"{re.escape(mark)}(?!(?<=-)[a-z])", file.read_text())
    ]
    assert not found
