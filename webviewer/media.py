"""The bytes of pictures, verified, under a type that follows from what they are."""

from collections.abc import Callable

from flask import Response, abort, request

from fapproc.archive import Archive
from fapproc.errors import Damaged
from fapproc.jobs import media
from fapproc.model import Format
from webviewer.blueprint import archive, blueprint
from webviewer.security import MEDIA_POLICY, NOT_STORED

TYPES = {
    Format.JPG: "image/jpeg",
    Format.PNG: "image/png",
    Format.GIF: "image/gif",
    Format.BMP: "image/bmp",
    Format.TIFF: "image/tiff",
    Format.WEBP: "image/webp",
    Format.AVIF: "image/avif",
}
# An address names its content, so an hour in the browser's cache shows nothing that is not so.
# What is sealed on disk is never kept by the browser.
KEPT = "private, max-age=3600"


@blueprint.get("/blob/<sha:digest>/")
def blob(digest: str) -> Response:
    """The picture itself."""
    return _answer(media.blob, digest, f"Unknown image {digest}: no image has this digest.")


@blueprint.get("/thumb/<sha:digest>/")
def thumb(digest: str) -> Response:
    """The small picture."""
    return _answer(
        media.thumb,
        digest,
        f"Unknown thumb {digest}: no image has this digest, or 'fapproc process' has yet to run.",
    )


@blueprint.get("/view/<sha:digest>/")
def view(digest: str) -> Response:
    """The picture as a browser can show it, if the file itself is in another format or huge."""
    return _answer(media.view, digest, f"Unknown view {digest}: no image has this digest.")


def _answer(
    bring: Callable[[Archive, str], media.Media | None], digest: str, unknown: str
) -> Response:
    try:
        found = bring(archive(), digest)
    except Damaged as error:
        abort(404, f"Known image, but it can't be shown: {error}")
    if found is None:
        abort(404, unknown)
    response = Response(found.data, content_type=TYPES[found.format])
    response.headers["Content-Disposition"] = f"inline; filename={digest}.{found.format}"
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    if archive().sealed:
        response.headers["Cache-Control"] = f"private, {NOT_STORED}"
        return response
    response.headers["Cache-Control"] = KEPT
    response.set_etag(found.digest)
    response.make_conditional(request)
    return response
