"""Names of the site in places without markup: in attributes and in the window's title."""

from fapproc.names import steers


def plain(name: object) -> str:
    """A name without what turns the direction of the text around it, and on one line.

    In running text a name keeps them, inside `<bdi>`.
    """
    return "".join(" " if steers(char) else char for char in str(name)).strip()
