"""Where pictures and rows are to be, as a person says it with `--blobs` and `--database`."""

from fapproc.errors import UsageProblem
from fapproc.ours import DATABASE


def place(typed: str | None) -> str:
    """What `archive.json` says for what was typed; the archive's own folder if nothing was.

    Raises:
        UsageProblem: no place for pictures is written like this.
        NoArchive: this program can't keep files there.
    """
    from fapproc.vault import registry
    from fapproc.vault.backend import HERE

    url = HERE if typed is None else typed.rstrip("/")
    if not registry.is_place(url):
        raise UsageProblem(
            f"{typed} is no place for pictures: give s3://BUCKET/FOLDER, or '.' for the archive's "
            "own folder. For another disk, make blobs in the archive's folder a link to it."
        )
    registry.find(url)
    return url


def rows(typed: str | None) -> str:
    """What an archive says of its rows for what was typed: in its folder where nothing was.

    Raises:
        UsageProblem: this is no URL of a database.
        NoArchive: this program can't keep rows there.
    """
    from fapproc.vault.backend import HERE

    if typed is None or typed == HERE:
        return DATABASE
    from fapproc.db.dialect import engines, servers

    if not engines.is_known(typed):
        # Of a URL no more than how it begins, as it may hold a password.
        said = f"{servers.scheme(typed)}://" if engines.is_url(typed) else typed
        raise UsageProblem(
            f"{said} is no place for rows: give {servers.FORM}, or '.' for the archive's own "
            "folder."
        )
    engines.at(typed, None)
    return typed


def on_server(database: str, *, sealed: bool) -> str:
    """What a person should know of rows on a server; nothing where they lie in the folder."""
    if database == DATABASE:
        return ""
    clear = "Only pictures are encrypted: whoever" if sealed else "Whoever"
    return (
        f"{clear} may read that database sees names, tags and verdicts; so does its server's log."
    )
