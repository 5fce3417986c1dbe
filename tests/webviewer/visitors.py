"""Whoever asks the viewer in tests: a script that shows the token, a browser that was let in."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from fapproc.archive import Archive
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

TOKEN = "token-of-the-tests"
ACCESS = Access(TOKEN, b"a secret of the tests")
SITE = Site("https://www.imagefap.com")


class _Compiled(BytecodeCache):
    """Templates as they were compiled: once a process, and not once for each viewer of a test."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template, if it was compiled before."""
        if (code := self._codes.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        self._codes[bucket.key] = bucket.bytecode_to_string()


COMPILED = _Compiled()
_builder_of = Rule._compile_builder
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def _kept_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What makes addresses of a rule, compiled once a process: most of a viewer's 45 ms."""
    said = (rule.rule, *rule._trace, append_unknown)
    if rule.defaults or said not in _builders:
        _builders[said] = _builder_of(rule, append_unknown)
    return _builders[said]


setattr(Rule, "_compile_builder", _kept_builder)  # noqa: B010 - mypy lets nobody assign a method


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
    app.jinja_env.bytecode_cache = COMPILED
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
