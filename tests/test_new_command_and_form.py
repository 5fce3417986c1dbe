"""A command more and a page with a form more are files and lines of tables: tried on a copy."""

import json
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs import tagging
from fapproc.vault.store import digest_of
from tests.copies import FAPPROC, copied, put, run
from tests.drawing import landscape, write
from tests.shelves import fill, numbered

VISIT = """
import json, sys
from pathlib import Path
from fapproc.archive import Archive
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

own = {"Sec-Fetch-Site": "same-origin", "Origin": "null", "User-Agent": "Mozilla/5.0"}
with Archive.open(Path(sys.argv[1])) as archive:
    site, lets_in = Site("https://www.imagefap.com"), Access("token", b"secret")
    client = viewer_of(Held(archive), site, lets_in).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer token"
    for method, path, marks in json.loads(sys.argv[2]):
        data = {} if path is None else {"path": path}
        told = client.open("/viewer/tags/new/", method=method, data=data, headers=own | marks)
        print(json.dumps([told.status_code, told.headers.get("Location"), told.text]))
"""

BIGGEST_JOB = '''"""The images that take the most room."""

import heapq
from operator import attrgetter

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.model import Image


def biggest(archive: Archive, most: int) -> list[Image]:
    """So many images at most, that of the most bytes first."""
    with archive.reading() as connection:
        found = (stored.image for batch in images.iterate(connection) for stored in batch)
        return heapq.nlargest(most, found, key=attrgetter("bytes"))
'''
BIGGEST = '''"""`fapproc biggest`."""

from pathlib import Path

import click

from fapproc.commandline.options import archive_option
from fapproc.wording import size


@click.command()
@click.argument("most", metavar="N", type=click.IntRange(min=1), default=10)
@archive_option
def biggest(most: int, folder: Path) -> None:
    """List the N images that take the most room. [default: 10]

    \\b
    fapproc biggest
    fapproc biggest 3
    """
    from fapproc.archive import Archive
    from fapproc.jobs.biggest import biggest as job

    with Archive.open(folder) as archive:
        for image in job(archive, most):
            click.echo(f"{image.digest}: {size(image.bytes)}")
'''
MAKE_TAG = '''"""A form that makes a tag."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fapproc.jobs import tagging
from webviewer.blueprint import archive, blueprint


@blueprint.get("/tags/new/")
def new_tag() -> str:
    """Where a path is typed."""
    return render_template("webviewer/make_tag.html")


@blueprint.post("/tags/new/")
def make_tag() -> Response:
    """Make the tag, and show it."""
    *_, made = tagging.create(archive(), request.form.get("path", ""))
    return redirect(url_for("viewer.tag", tag_id=made.id), HTTPStatus.SEE_OTHER)
'''
MAKE_TAG_PAGE = """{% extends "webviewer/base.html" %}
{% from "webviewer/macros.html" import token with context %}
{% block kind %}New tag{% endblock %}
{% block trail %}<li aria-current="page">New tag</li>{% endblock %}
{% block content %}
  <h1>New tag</h1>
  <form method="post">
    {{ token() }}
    <label>Path <input name="path" required></label>
    <button>Create</button>
  </form>
{% endblock %}
"""
FILES = {
    "fapproc/jobs/biggest.py": BIGGEST_JOB,
    "fapproc/cli/biggest.py": BIGGEST,
    "webviewer/make_tag.py": MAKE_TAG,
    "webviewer/templates/webviewer/make_tag.html": MAKE_TAG_PAGE,
}
LINES = (
    (
        "fapproc/cli/__init__.py",
        '        "print": "',
        '        "biggest": "fapproc.cli.biggest:biggest",\n',
    ),
    ("webviewer/application.py", "    media,\n", "    make_tag,\n"),
)
"""In which file, before what, what is put."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a copy of the program with a command and a page more."""
    copied(tmp_path, "fapproc", "webviewer")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    for name, before, line in LINES:
        put(tmp_path / name, before, line)
    return tmp_path


def test_a_command_more_is_a_job_a_module_and_its_line_in_the_table(
    program: Path, archive: Archive
) -> None:
    small, big = (write(landscape(1, size), "PNG") for size in ((20, 15), (200, 150)))
    fill(archive, {"lakes": numbered(small, big)})
    told = run(program, FAPPROC, "biggest", "-d", str(archive.folder), "1")
    assert told.startswith(digest_of(big)) and told.count("\n") == 1
    assert "List the N images that take the most room" in run(program, FAPPROC, "--help")


def test_a_form_more_is_a_module_a_template_and_its_place_among_the_pages(
    program: Path, archive: Archive
) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    asked = [
        ("GET", None, {}),
        ("POST", "Places/Lakes", {}),
        ("POST", "Places/Lakes", {}),
        ("POST", "Places/Hills", elsewhere),
        ("PUT", "Places/Hills", {}),
    ]
    lines = run(program, VISIT, str(archive.folder), json.dumps(asked)).splitlines()
    form, made, again, stranger, put = map(json.loads, lines)
    assert form[0] == 200 and '<form method="post">' in form[2]
    assert made[:2] == [303, "/viewer/tag/2/"]
    assert again[0] == 400 and "There is a tag" in again[2]
    assert stranger[0] == 403
    assert put[0] == 405 and "what a form sends" in put[2]
    assert [tag.path for tag in tagging.listed(archive)] == ["Places", "Places/Lakes"]
