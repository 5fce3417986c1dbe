"""Manual pages: what each exit code means, and which pages are near."""

import re
from pathlib import Path

from fapproc.errors import EXIT_CODES
from tests.cli.conftest import Fapproc

DOCS = Path(__file__).parents[2] / "docs"


def test_each_page_tells_the_exit_codes_and_what_to_see_also(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    told_where = fapproc("man", tmp_path).stdout
    assert told_where.endswith(f". 'man {tmp_path / 'fapproc.1'}' shows the first.\n")
    pages = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(pages) > 40
    for name, text in pages.items():
        told, near = text.split(".SH EXIT STATUS\n")[1].split(".SH SEE ALSO\n")
        assert re.findall(r"\\fB(\d+)\\fR", told) == [str(code) for code in EXIT_CODES]
        named = [each.replace("\\-", "-") for each in re.findall(r"\\fB(.+?)\\fR\(1\)", near)]
        assert named and {f"{each}.1" for each in named} <= pages.keys() - {name}


def test_a_file_in_the_place_of_the_folder_is_named(fapproc: Fapproc, tmp_path: Path) -> None:
    (tmp_path / "man1").write_text("mine")
    for target in (tmp_path / "man1", tmp_path / "man1" / "under it"):
        refused = fapproc("man", target)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == (
            f"Error: Pages can't be written to {target}: Not a directory. Name another folder, or "
            "make room there.\n"
        )
    assert (tmp_path / "man1").read_text() == "mine"


def test_the_page_on_printing_tells_the_same_exit_codes() -> None:
    told = re.findall(r"^\| (\d+) \| (.+) \|$", (DOCS / "print.md").read_text(), re.MULTILINE)
    assert {int(code): meaning for code, meaning in told} == EXIT_CODES
