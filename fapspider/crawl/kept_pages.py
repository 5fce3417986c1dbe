"""Photo pages that nobody could read, kept in a folder for a report of what the site changed."""

from pathlib import Path

from fapproc.errors import FapError, UsageProblem

MOST = 20  # enough to see what changed; the site's whole content is not


class KeptPages:
    """A folder for such pages, or none; they lie there unencrypted."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept = 0

    def check(self, *, sealed: bool) -> None:
        """Refuse to write unencrypted what a sealed archive hides.

        Raises:
            UsageProblem: the archive is sealed and pages are to be kept.
        """
        if sealed and self._folder is not None:
            raise UsageProblem(
                "Pages saved for a report are not encrypted, and this archive is sealed. Save "
                "none, or crawl the picture into an open archive to report it."
            )

    def keep(self, image: int, page: bytes) -> None:
        """Keep the page of an image; it blocks the crawl, which is no harm for a few.

        Raises:
            FapError: the folder can't be written.
        """
        if self._folder is None or self._kept >= MOST:
            return
        file = self._folder / f"photo-{image}.html"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(page)
        except OSError as error:
            raise FapError(
                f"{file} can't be written: {error.strerror}. Name another folder."
            ) from error
        self._kept += 1
