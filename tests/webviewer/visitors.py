"""Whoever asks the viewer in tests: a script that shows the token, a browser that was let in."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from fapproc.archive import Archive
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

TOKEN = "token-of-the-tests"
ACCESS = Access(TOKEN, b"a secret of the tests")
SITE = Site("https://www.imagefap.com")


class Script(FlaskClient):
    """A client that shows the token with each request."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"


def viewer_for(archive: Archive, site: Site = SITE) -> Flask:
    """The viewer of an archive whose test clients show the token."""
    return viewer_held(Held(archive), site)


def viewer_held(held: Held, site: Site = SITE) -> Flask:
    """The same, of one that can be locked."""
    app = viewer_of(held, site, ACCESS)
    app.testing = True
    app.test_client_class = Script
    return app


def browser(app: Flask) -> FlaskClient:
    """A client with nothing but the cookie that it got for the token."""
    client = FlaskClient(app, app.response_class, use_cookies=True)
    assert client.get("/viewer/", query_string={"token": TOKEN}).status_code == 200
    return client


def form_token(client: FlaskClient) -> str:
    """What a form of ours holds that shows where it comes from."""
    told = client.get("/viewer/data/session/").get_json()
    assert re.fullmatch(r"[\w.-]+", told["csrf"])
    return str(told["csrf"])
