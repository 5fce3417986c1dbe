"""Bodies of answers: complete and unpacked to their end, or asked for again."""

import re

from scrapy import Request
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from fapproc.jobs.ingest import examine
from fapproc.model import Detail
from fapspider.politeness.asker import AskerComponent
from fapspider.politeness.checks import header, is_html
from fapspider.politeness.unpacking import ASKED_FOR, CutOff, unpack

_MOST_CODINGS = 4
_WHOLE_RANGE = re.compile(r"bytes 0-([0-9]{1,18})/([0-9]{1,18})")


class WholeBodies(AskerComponent):
    """Unpack what comes, and ask again if it is only a part.

    A body that is said to be compressed and isn't is taken as it is.
    """

    def process_request(self, request: Request) -> None:
        """Ask for what can be unpacked here."""
        request.headers.setdefault("Accept-Encoding", ASKED_FOR)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass a whole body on, unpacked, or ask again.

        Raises:
            DownloadFailedError: it is too large, or cut off after all tries.
        """
        is_part = response.status == 206
        if request.method == "HEAD" or (is_part and "Range" in request.headers):
            return response  # one byte can't be unpacked, whatever its coding is said to be
        try:
            if is_part:
                check_range(header(response, "Content-Range"), len(response.body))
            return _unpacked(response, self._most(request))
        except CutOff:
            retry = self.next_try(request, "cut off")
            if retry is not None:
                return retry
            raise

    def _most(self, request: Request) -> int:
        whole = self._crawler.settings.getint("DOWNLOAD_MAXSIZE")
        return int(request.meta.get("download_maxsize", whole))


def check_range(said: str, length: int) -> None:
    """Check an answer that calls itself partial (206), though everything was asked for.

    Raises:
        CutOff: it is a part, or doesn't say that it is everything.
    """
    found = _WHOLE_RANGE.fullmatch(said)
    if found is None or not int(found[1]) + 1 == int(found[2]) == length:
        raise CutOff(f"a part of it: {said[:80]!r}")


def _unpacked(response: Response, most: int) -> Response:
    said = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
    codings = [coding.strip() for coding in said.split(",")][-_MOST_CODINGS:]
    body = response.body
    if not said:
        return response
    try:
        for coding in reversed(codings):
            body = unpack(body, coding, most)
    except CutOff:
        if 200 <= response.status < 300 and not _is_plain(response.body):
            raise
        body = response.body
    del response.headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
    return response.replace(cls=kind, body=body)


def _is_plain(body: bytes) -> bool:
    return examine(body) is not Detail.NOT_A_PICTURE or is_html(body)
