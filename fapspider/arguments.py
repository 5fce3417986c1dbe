"""What `-a` says: checked once, before any request."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fapproc.errors import UsageProblem
from fapproc.jobs.crawl import Wanted

_KNOWN = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "save_pages")
AUDIT = ("user", "user_id", "force")
GET = ("user", "user_id", "folder", "folder_id", "folder_name", "force", "dry_run", "output")
_ID = re.compile(r"[0-9]{1,19}")
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


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


def read_order(given: Mapping[str, str], known: Sequence[str] = _KNOWN) -> Order:
    """Check the arguments of a crawl that knows these.

    Raises:
        UsageProblem: an unknown argument, a bad value, both or neither of user and user_id.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageProblem(f"Unknown argument {unknown[0]!r}. Known ones: {', '.join(known)}.")
    user, user_id = read_user(given)
    if (user is None) == (user_id is None):
        raise UsageProblem(
            "Say whose favorites: either --user NAME or --id N, not both (with scrapy crawl: "
            "-a user=NAME, -a user_id=N)."
        )
    folders = [key for key in ("folder", "folder_id", "folder_name") if key in given]
    if len(folders) > 1:
        raise UsageProblem(f"Give one of {' and '.join(folders)}, not both.")
    if any(not given[key].strip() for key in folders):
        raise UsageProblem(f"The {folders[0]} is empty. Leave it out to crawl every folder.")
    wanted = Wanted(given.get("folder"), _number(given, "folder_id"), given.get("folder_name"))
    kept = given.get("save_pages")
    if kept is not None and not kept.strip():
        raise UsageProblem("save_pages is empty. Name a folder, or leave it out.")
    folder = Path(kept).expanduser() if kept else None
    force, dry_run = _switch(given, "force"), _switch(given, "dry_run")
    return Order(user, user_id, wanted, force, dry_run, folder)


def read_user(given: Mapping[str, str]) -> tuple[str | None, int | None]:
    """The user's name and number, each if it was given.

    Raises:
        UsageProblem: an empty name, or no number.
    """
    user = given.get("user")
    user = user.strip() if user is not None else None
    if user == "":
        raise UsageProblem("The user's name is empty. Write it like --user NAME (-a user=NAME).")
    return user, _number(given, "user_id")


def _number(given: Mapping[str, str], key: str) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if not (_ID.fullmatch(value) and 0 < int(value) < 2**63):
        raise UsageProblem(f"{key} is {value!r}, which is no id. Ids are numbers like 1234567.")
    return int(value)


def _switch(given: Mapping[str, str], key: str) -> bool:
    value = given.get(key, "").strip().casefold()
    if value not in _YES | _NO:
        raise UsageProblem(f"{key} is {value!r}. Write {key}=1 or leave it out.")
    return value in _YES
