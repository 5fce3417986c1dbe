"""A letter of an open database that the disk changed, where no page check looks."""

from pathlib import Path

import pytest

from tests.jobs.ward import Ward, change_rows


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=False)


@pytest.mark.parametrize(
    ("what", "was", "now", "step"),
    [
        ("album", b"Lakes", b"Lajes", "fapproc read --force"),
        ("album", b"Lakes", b"lakes", "fapproc read --force"),
        ("user", "Ännchen".encode(), "Ännchem".encode(), "fapproc read --force"),
        ("tag", b"Places", b"Pmaces", "fapproc tag rename"),
    ],
)
def test_a_changed_name_is_told_with_that_of_its_index(
    ward: Ward, what: str, was: bytes, now: bytes, step: str
) -> None:
    change_rows(ward, was, now)
    said = ward.run("check")
    assert said.exit_code == 13
    told = f"name: The name of the {what} {now.decode()!r} was changed on the disk"
    [line] = [line for line in said.stdout.splitlines() if line.startswith(told)]
    assert f"in which it is {was.decode()!r}" in line and step in line
    ward.run("check", "--repair")
    assert ward.is_clean()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE album SET kind = 'picturds'", "In 1 row album.kind is 'picturds'"),
        ("UPDATE listing SET reason = 'pagf' WHERE reason = 'page'", "listing.reason is 'pagf'"),
        ("UPDATE group_member SET verdict = 'keeq'", "In 2 rows group_member.verdict is 'keeq'"),
        ("UPDATE image SET format = 'jqg'", "In 3 rows image.format is 'jqg'"),
        (
            "INSERT INTO decision (at, what, before, after, kind) VALUES (1, '', '[1', '', 'tags')",
            "Decision 1 of the log can't be read",
        ),
        (
            "INSERT INTO decision (at, what, before, after, kind) VALUES (1, '', 5, '', 'pruned')",
            "Decision 1 of the log can't be read",
        ),
        ("INSERT INTO setting VALUES ('rest', '[1')", "What setting says of rest can't be read"),
    ],
)
def test_what_this_program_never_wrote_is_damage_of_which_only_a_backup_helps(
    ward: Ward, statement: str, told: str
) -> None:
    with ward.opened() as archive, archive.writing() as connection:
        connection.exec_driver_sql(statement)
    said = ward.run("check")
    assert said.exit_code == 13 and told in said.stdout
    assert "put back imagefap.database from a backup" in said.stdout
    ward.run("check", "--repair")
    assert told in ward.run("check").stdout
