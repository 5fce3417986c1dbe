"""The site as a process of its own, for tests."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.request import Request, urlopen

from tests.demosite.board import LoggedRequest
from tests.demosite.world import World, build

_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 120.0

IMPATIENT = {"DOWNLOAD_DELAY": "0", "RETRY_DELAY": "0", "SITE_BUDGETS": "{}"}
"""Settings for a crawl of an imitation, which nobody has to be polite to."""


class DemoSite:
    """A running site; its world is the truth a crawl is held against."""

    def __init__(
        self,
        *,
        seed: int = 1,
        scale: float = 1.0,
        plain: bool = False,
        markup: str = "plain",
        lifetime: int = 3600,
        port: int = 0,
        faults: Mapping[Any, str] | None = None,
    ) -> None:
        """Say what to run; entering the context runs it."""
        self.root = ""
        self.world: World = build(seed=seed, scale=scale, plain=plain)
        options = {
            "port": port, "seed": seed, "scale": scale, "markup": markup, "lifetime": lifetime
        }  # fmt: skip
        self._command = [sys.executable, "-m", "tests.demosite"]
        self._command += [f"--{name}={value}" for name, value in options.items()]
        self._command += [f"--fault={key}={kind}" for key, kind in (faults or {}).items()]
        self._command += ["--plain"] if plain else []
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None

    def __enter__(self) -> DemoSite:
        """Start it and wait for its address."""
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            self._command, cwd=_REPOSITORY, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.root = self._first_line().strip()
        if not self.root:
            told = self._stop()
            raise RuntimeError(f"the demo site did not start:\n{told}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it; if it died before, say what it said."""
        assert self._process
        died = self._process.poll() is not None
        told = self._stop()
        if told:
            print(told, file=sys.stderr)
        if died and error is None:
            raise RuntimeError(f"the demo site died:\n{told}")

    def requests(self) -> list[LoggedRequest]:
        """All requests so far, oldest first."""
        return [LoggedRequest(**each) for each in self._control("/_demo/requests")]

    def set_faults(self, faults: Mapping[Any, str | None]) -> None:
        """Set faults by photo id, path prefix or 'all-pages'; None heals."""
        self._control("/_demo/faults", {str(key): kind for key, kind in faults.items()})

    def reset(self) -> None:
        """Forget the requests so far."""
        self._control("/_demo/reset", {})

    def _control(self, path: str, body: object = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.root + path, data=sent), timeout=120) as answer:
            return json.load(answer)

    def _first_line(self) -> str:
        assert self._process and self._process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(_START_SECONDS) else ""

    def _stop(self) -> str:
        assert self._process and self._process.stdout and self._errors
        with self._errors, self._process.stdout:
            self._process.kill()
            self._process.wait()
            self._errors.seek(0)
            return self._errors.read()
