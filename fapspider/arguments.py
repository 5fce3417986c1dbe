"""What `-a` says: checked once, before any request."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fapproc.config import expanded
from fapproc.errors import UsageProblem
from fapproc.jobs.crawl import Wanted

_KNOWN = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "save_pages")
AUDIT = ("user", "user_id", "force")
GET = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "output")
_ID = re.compile(r"[0-9]{1,19}")
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


Written = Callable[[str, str], str]
"""How an argument of this name and value is written for the program that runs."""
_OPTIONS = {"user_id": "id", "folder_name": "name"}
"""What options of `fapproc` are called; the others have the spider's own name."""


def as_argument(name: str, value: str) -> str:
    """For `scrapy crawl`."""
    return f"-a {name}={value or 1}"


def as_option(name: str, value: str) -> str:
    """For `fapproc`."""
    option = "--" + _OPTIONS.get(name, name).replace("_", "-")
    return f"{option} {value}" if value else option


@dataclass(frozen=True, slots=True)
class Order:
    """Whose favorites are wanted, which folder of them, and whether rest is overridden."""

    user: str | None
    user_id: int | None
    wanted: Wanted
    force: bool
    dry_run: bool = False
    """Read lists and pages, and ask for no picture."""
    save_pages: Path | None = None
    """Where photo pages without an address are kept for a report, in the clear."""


def read_order(
    given: Mapping[str, str], known: Sequence[str] = _KNOWN, *, written: Written = as_argument
) -> Order:
    """Check the arguments of a crawl that knows these.

    Raises:
        UsageProblem: an unknown argument, a bad value, both or neither of user and user_id.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageProblem(f"Unknown argument {unknown[0]!r}. Known ones: {', '.join(known)}.")
    user, user_id = read_user(given, written)
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
            f"The folder is empty. Write it like {written(folders[0], '…')}, or leave it out."
        )
    folder_id = _number(given, "folder_id", written)
    wanted = Wanted(given.get("folder"), folder_id, given.get("folder_name"))
    kept = given.get("save_pages")
    if kept is not None and not kept.strip():
        raise UsageProblem(
            f"No folder for pages was named. Write it like {written('save_pages', 'DIR')}."
        )
    folder = expanded(kept) if kept else None
    force, dry_run = _switch(given, "force"), _switch(given, "dry_run")
    return Order(user, user_id, wanted, force, dry_run, folder)


def read_user(
    given: Mapping[str, str], written: Written = as_argument
) -> tuple[str | None, int | None]:
    """The user's name or number, or neither.

    Raises:
        UsageProblem: both, an empty name, or no number.
    """
    user = given.get("user")
    user = user.strip() if user is not None else None
    if user == "":
        raise UsageProblem(f"The user's name is empty. Write it like {written('user', 'NAME')}.")
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
            f"{value[:80]!r} is no number of a {whose}. Give one like {written(key, '1234567')}, "
            f"or the {whose}'s name: {written(whose, 'NAME')}."
        )
    return int(value)


def _switch(given: Mapping[str, str], key: str) -> bool:
    value = given.get(key, "").strip().casefold()
    if value not in _YES | _NO:
        raise UsageProblem(f"{key} is {value!r}. Write {key}=1 or leave it out.")
    return value in _YES
