"""Where pictures are to lie, as a person says it with `--blobs`."""

from fapproc.errors import UsageProblem
from fapproc.vault import registry
from fapproc.vault.backend import HERE


def place(typed: str | None) -> str:
    """What `archive.json` says for what was typed; the archive's own folder if nothing was.

    Raises:
        UsageProblem: no place for pictures is written like this.
        NoArchive: this program can't keep files there.
    """
    url = HERE if typed is None else typed.rstrip("/")
    if not registry.is_place(url):
        raise UsageProblem(
            f"{typed} is no place for pictures: give s3://BUCKET/FOLDER, or '.' for the archive's "
            "own folder. For another disk, make blobs in the archive's folder a link to it."
        )
    registry.find(url)
    return url
