"""Names of the site in places without markup: in attributes and in the window's title."""

from fapproc.names import steers


def plain(name: object) -> str:
    """A name without what turns the direction of the text around it, and on one line.

    In running text a name keeps them, inside `<bdi>`.
    """
    text = str(name)
    if text.isprintable():  # as nearly all are: no sign that steers is
        return text.strip()
    return "".join(" " if steers(char) else char for char in text).strip()
