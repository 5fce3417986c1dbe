"""The viewer: browse an archive in the web browser of the same computer.

Light to import: `fapproc --help` imports `webviewer.commands`; Flask is imported on demand.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import fapproc  # noqa: F401 - first, so that libraries find what they may not do

if TYPE_CHECKING:
    from flask import Flask


def create_app(archive: Path | None = None) -> "Flask":
    """Open an archive, the one of the settings by default, and return its viewer.

    Raises:
        click.ClickException: it can't be opened; one sentence for whoever typed `flask run`.
    """
    from webviewer.application import opened_for_flask

    return opened_for_flask(archive)
