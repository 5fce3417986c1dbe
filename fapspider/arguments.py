"""The arguments of a spider (`-a NAME=VALUE`): checked once, before any request."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fapproc.config import expanded
from fapproc.errors import UsageProblem
from fapproc.jobs.crawl import FolderChoice
from fapproc.names import is_text, quoted, typed
from fapproc.sites.registry import looks_like_address, read_address
from fapproc.sites.site import Site

_KNOWN = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "save_pages")
AUDIT = ("user", "user_id", "force")
GET = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "output")
_ID = re.compile(r"[0-9]{1,19}")
_MAY_BE_ADDRESS = ("user", "folder", "folder_name")
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


Written = Callable[[str, str], str]
"""How an argument is written, by name and value, for the program that runs."""
_OPTIONS = {"user_id": "id", "folder_name": "name"}
"""Names of options of `fapproc` that differ from the spider's argument."""


def as_argument(name: str, value: str) -> str:
    """Write an argument as `scrapy crawl` takes it."""
    return f"-a {name}={value or 1}"


def as_option(name: str, value: str) -> str:
    """Write an argument as `fapproc` takes it."""
    option = "--" + _OPTIONS.get(name, name).replace("_", "-")
    return f"{option} {value}" if value else option


@dataclass(frozen=True, slots=True)
class Order:
    """Whose favorites are wanted, which folder of them, and whether also those that rest."""

    user: str | None
    user_id: int | None
    wanted: FolderChoice
    force: bool
    dry_run: bool = False
    """Read lists and pages, but fetch no picture."""
    save_pages: Path | None = None
    """The folder where photo pages without an address are kept for a report, unencrypted."""


def read_order(
    given: Mapping[str, str], known: Sequence[str] = _KNOWN, *, written: Written = as_argument
) -> Order:
    """Check the arguments of a crawl.

    Raises:
        UsageProblem: an unknown argument, a bad value, both or neither of user and user_id.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageProblem(
            f"Unknown argument {quoted(unknown[0])}. Known ones: {', '.join(known)}."
        )
    given = _spelled_out(given, written)
    if "folder_id" not in known:  # an address of a folder says whose it is, too
        given = {key: value for key, value in given.items() if key != "folder_id"}
    user, user_id = _user(given, written)
    if user is None and user_id is None:
        raise UsageProblem(
            f"Say whose favorites: {written('user', 'NAME')} or {written('user_id', 'N')}."
        )
    folders = [key for key in ("folder", "folder_id", "folder_name") if key in given]
    if len(folders) > 1:
        named = " and ".join(written(key, given[key]) for key in folders)
        raise UsageProblem(f"Several folders were given, {named}. Give one of them.")
    if any(not given[key].strip() for key in folders):
        raise UsageProblem(
            f"The folder's name is empty. Write it like {written(folders[0], '…')}, or leave it "
            "out."
        )
    folder_id = _number(given, "folder_id", written)
    wanted = FolderChoice(given.get("folder"), folder_id, given.get("folder_name"))
    kept = given.get("save_pages")
    if kept is not None and not kept.strip():
        raise UsageProblem(
            f"No folder for pages was named. Write it like {written('save_pages', 'DIR')}."
        )
    folder = expanded(kept) if kept else None
    force, dry_run = read_switch(given, "force"), read_switch(given, "dry_run")
    return Order(user, user_id, wanted, force, dry_run, folder)


def read_user(
    given: Mapping[str, str], written: Written = as_argument
) -> tuple[str | None, int | None]:
    """The user's name or number, or neither; an address in place of a name is understood.

    Raises:
        UsageProblem: both, an empty name, no number, or an address of something else.
    """
    return _user(_spelled_out(given, written), written)


def check_host(given: Mapping[str, str], site: Site) -> None:
    """Check that an address in place of a name is one of the site that will be asked.

    Raises:
        UsageProblem: it is another site's.
    """
    for key in _MAY_BE_ADDRESS:
        pasted = read_address(given[key]) if looks_like_address(given.get(key, "")) else None
        if pasted is not None and not site.has_host(pasted.host):
            raise UsageProblem(
                f"{given[key][:200]} is not an address of {site.host}. Copy one of that site, or "
                "give the name."
            )


def _spelled_out(given: Mapping[str, str], written: Written) -> dict[str, str]:
    """The arguments, with what an address says in place of the address.

    Raises:
        UsageProblem: an address of something else.
    """
    found = dict(given)
    for key in _MAY_BE_ADDRESS:
        if not looks_like_address(found.get(key, "")):
            continue
        text = found.pop(key)
        pasted = read_address(text)
        if pasted is None or (key != "user" and pasted.folder is None):
            what = "a profile or of favorites" if key == "user" else "a favorites folder"
            raise UsageProblem(
                f"{text[:200]} is not an address of {what}. Copy it from the browser while that "
                f"page is open, or give the name: {written(key, 'NAME')}."
            )
        said = {"user": pasted.user, "user_id": pasted.user_id, "folder_id": pasted.folder}
        of_user = {"user", "user_id"} & set(found)
        for name, value in said.items():
            if value is not None and not (key != "user" and of_user and name != "folder_id"):
                _put(found, name, str(value), written)
    return found


def _put(given: dict[str, str], name: str, value: str, written: Written) -> None:
    if given.setdefault(name, value) != value:
        raise UsageProblem(
            f"{written(name, given[name])} was given, and an address that says {value}. Give one "
            "of them."
        )


def _user(given: Mapping[str, str], written: Written) -> tuple[str | None, int | None]:
    user = given.get("user")
    user = typed(user) if user is not None else None
    if user == "":
        raise UsageProblem(f"The user's name is empty. Write it like {written('user', 'NAME')}.")
    if user is not None and not is_text(user):
        raise UsageProblem(
            f"The user's name {quoted(user)} is not text in UTF-8. Type it again, or give the "
            f"number: {written('user_id', 'N')}."
        )
    user_id = _number(given, "user_id", written)
    if user is not None and user_id is not None:
        named = f"{written('user', user)} and {written('user_id', str(user_id))}"
        raise UsageProblem(f"Give a user's name or number, not both: {named} were given.")
    return user, user_id


def _number(given: Mapping[str, str], key: str, written: Written) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if not (_ID.fullmatch(value) and 0 < int(value) < 2**63):
        whose = key.removesuffix("_id")
        raise UsageProblem(
            f"{quoted(value)} is not a number of a {whose}. Give one like "
            f"{written(key, '1234567')}, or the {whose}'s name: {written(whose, 'NAME')}."
        )
    return int(value)


def read_switch(given: Mapping[str, str], key: str) -> bool:
    """Read an argument that is on or off.

    Raises:
        UsageProblem: it is neither.
    """
    value = given.get(key, "").strip().casefold()
    if value not in _YES | _NO:
        raise UsageProblem(f"{key} is {quoted(value)}. Write {key}=1 or leave it out.")
    return value in _YES
