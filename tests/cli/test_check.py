"""`fapproc check` for programs, and the step that it tells."""

import json
import re
import shlex
from pathlib import Path

from fapproc.archive import Archive
from fapproc.jobs.findings import Problem, Repair
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MOVING, Fapproc
from tests.shelves import blob, flip, thumbnail

KEYS = ["version", "kind", "name", "sha256", "sentence", "repair", "done"]


def test_findings_are_objects_of_a_version_as_documented(fapproc: Fapproc, folder: Path) -> None:
    with Archive.open(folder) as archive:
        thumbnail(archive, MOVING).unlink()
        blob(archive, LAKE).unlink()
    ended = fapproc("check", "--json", "-d", folder)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == 13
    assert [list(each) for each in found] == [KEYS] * 2
    by_kind = {each["kind"]: each for each in found}
    assert set(by_kind) == {Problem.MISSING_BLOB, Problem.MISSING_THUMBNAIL}
    lost = by_kind[Problem.MISSING_BLOB]
    assert (lost["version"], lost["sha256"], lost["done"]) == (1, digest_of(LAKE), False)
    assert lost["repair"] == Repair.FETCH
    assert fapproc("check", "--repair", "--json", "-d", folder).exit_code == 13  # one is lost


def test_the_step_that_is_told_mends_bytes_that_only_a_reading_finds(
    fapproc: Fapproc, folder: Path
) -> None:
    with Archive.open(folder) as archive:
        flip(thumbnail(archive, LAKE_AGAIN))
        before = thumbnail(archive, LAKE_AGAIN).read_bytes()
    told = fapproc("check", "--read-data", "-d", folder).stderr
    [step] = re.findall(r"'fapproc (check [^']*)'", told)
    assert fapproc(*shlex.split(step)).exit_code == 0
    with Archive.open(folder) as archive:
        assert thumbnail(archive, LAKE_AGAIN).read_bytes() != before
    assert fapproc("check", "--read-data", "-d", folder).exit_code == 0
