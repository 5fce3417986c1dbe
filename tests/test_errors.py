import pytest

from fapproc import errors

EXIT_CODES = {
    errors.FapError: 1,
    errors.SiteError: 1,
    errors.StorageError: 1,
    errors.NameTooLong: 1,
    errors.Away: 1,
    errors.NoRoom: 1,
    errors.NotOnSite: 1,
    errors.UsageProblem: 2,
    errors.Changed: 2,
    errors.NoArchive: 10,
    errors.ArchiveHeld: 11,
    errors.PasswordProblem: 12,
    errors.Damaged: 13,
    errors.Unreadable: 13,
    errors.SiteAsksToStop: 20,
}


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES.items(), ids=str)
def test_each_error_has_the_exit_code_of_the_interface(
    kind: type[errors.FapError], code: int
) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, errors.FapError)
    next_step = " Wait for it, or end it, then run the same command again."
    then = next_step if kind is errors.ArchiveHeld else ""
    assert str(kind("A sentence.")) == f"A sentence.{then}"


def test_no_error_is_without_a_line_here() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert {kind for kind in known if issubclass(kind, Exception)} == set(EXIT_CODES)


def test_an_interruption_and_a_job_with_failures_have_codes_of_their_own() -> None:
    assert errors.INTERRUPTED == 130
    assert errors.DONE_WITH_FAILURES == 3
