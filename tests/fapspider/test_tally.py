from fapproc.jobs.ingest import Report
from fapproc.model import REST_SECONDS, Album, FolderKind
from fapproc.wording import moment
from fapspider.tally import Tally, last_words, nothing_to_do


def album(fetched_at: int) -> Album:
    return Album(1, fetched_at, "Hills", FolderKind.PICTURES, fetched_at=fetched_at)


def test_what_rests_is_told_with_the_oldest_reading() -> None:
    told = nothing_to_do("Safe User", [album(1_700_000_900), album(1_700_000_000), album(0)])
    read, until = moment(1_700_000_000), moment(1_700_000_000 + REST_SECONDS)
    assert f"read on {read} and rests until {until}: no request is sent" in told
    assert "-a force=1" in told


def test_nobody_s_folders_need_no_request() -> None:
    assert nothing_to_do("Safe User", []) == (
        "Safe User has no picture folders; no request is needed."
    )


def test_the_last_words_say_what_is_next_only_after_something_new() -> None:
    tally = Tally(albums=1, wanted=3)
    done, after = last_words("Safe User", tally, Report(new=1, known=2, bytes=1500, failed=3))
    assert done == (
        "Safe User: 1 album read; 1 new picture (1.5 kB), 2 known by content, 3 failed."
    )
    assert after == "Next: 'fapproc process', then 'fapproc dedup' and 'flask run'."
    (done,) = last_words("Safe User", Tally(), Report())
    assert done == "Safe User: 0 albums read; 0 new pictures (0 B), 0 known by content, 0 failed."


def test_the_last_words_name_every_folder_that_was_not_read() -> None:
    tally = Tally(albums=12, resting=2, galleries=1, unread=["Hills", "Lakes"])
    assert last_words("Safe User", tally, Report())[0].startswith(
        "Safe User: 12 albums read, 2 resting, 1 galleries folder skipped, "
        "2 left for the next crawl; "
    )
