from fapproc.jobs.ingest import IngestReport, Miss, Picture
from fapproc.model import REST_SECONDS, Album, Detail, FolderKind, Format, Reason, UserId
from fapproc.wording import moment
from fapspider.crawl.tally import Progress, Tally, last_words, nothing_to_do


def album(fetched_at: int) -> Album:
    return Album(UserId(1), fetched_at, "Hills", FolderKind.PICTURES, fetched_at=fetched_at)


def test_what_rests_is_told_with_the_oldest_reading() -> None:
    told = nothing_to_do(
        "Safe User", [album(1_700_000_900), album(1_700_000_000), album(0)], again="--force"
    )
    read, until = moment(1_700_000_000), moment(1_700_000_000 + REST_SECONDS)
    assert f"read on {read} and is not asked for again before {until}: no request is sent" in told
    assert "--force reads it again" in told


def test_nobody_s_folders_need_no_request() -> None:
    assert nothing_to_do("Safe User", [], again="--force") == ("Safe User has no picture folders.")


def test_the_last_words_say_what_is_next_only_after_something_new() -> None:
    tally = Tally(albums=1, wanted=6, known=4)
    done, after = last_words("Safe User", tally, IngestReport(new=1, known=2, bytes=1500, failed=3))
    assert done == (
        "Safe User: 1 album read; 1 new picture (1.5 kB), 2 identical to one in the archive, "
        "4 already in the archive, 3 failed."
    )
    assert after == "Next: 'fapproc process', then 'fapproc dedup' and 'fapproc run'."
    (done,) = last_words("Safe User", Tally(), IngestReport())
    assert done == (
        "Safe User: 0 albums read; 0 new pictures (0 B), 0 identical to one in the archive, "
        "0 already in the archive, 0 failed."
    )


def test_the_last_words_name_every_folder_that_was_not_read() -> None:
    tally = Tally(albums=12, resting=2, galleries=1, unread=["Hills", "Lakes"])
    assert last_words("Safe User", tally, IngestReport())[0].startswith(
        "Safe User: 12 albums read, 2 resting, 1 folder of galleries skipped, 2 left for the "
        "next crawl; "
    )


def had(image: int, data: bytes = b"x" * 1500) -> Picture:
    return Picture(image, None, data, Format.JPG)


def missed(image: int) -> Miss:
    return Miss(image, Reason.FILE, Detail.MISSING)


def test_an_album_is_told_once_when_its_last_image_came_or_failed() -> None:
    tally, hills = Tally(), album(9)
    tally.ask(hills, [1, 2])
    assert tally.settle(had(1)) is None
    assert tally.read(hills, listed=5, pages=2) is None
    told = tally.settle(missed(2))
    assert str(told) == (
        "Album 'Hills' (9): 5 images in 2 pages; 1 fetched (1.5 kB), "
        "3 already in the archive, 1 failed."
    )
    assert tally.settle(had(2)) is None


def test_an_odd_page_is_told_apart_where_it_is_left_and_as_a_failure_where_it_has_failed() -> None:
    tally, odd = Tally(), [Miss(image, Reason.PAGE, Detail.ODD) for image in (1, 2)]
    tally.ask(album(9), [1, 2])
    assert tally.read(album(9)) is None
    assert tally.settle(odd[0], is_left=True) is None
    told = str(tally.settle(odd[1]))
    assert told == "Album 'Hills' (9): 0 fetched (0 B), 1 failed, 1 with an odd page."


def test_an_album_without_anything_to_fetch_is_told_when_it_was_read() -> None:
    told = Tally().read(album(9), listed=0, pages=0)
    assert str(told) == (
        "Album 'Hills' (9): 0 images in 0 pages; 0 fetched (0 B), "
        "0 already in the archive, 0 failed."
    )


def test_an_album_whose_pages_rest_tells_what_was_fetched_of_the_rest() -> None:
    tally = Tally()
    tally.ask(album(9), [1])
    assert tally.read(album(9)) is None
    assert str(tally.settle(had(1))) == "Album 'Hills' (9): 1 fetched (1.5 kB), 0 failed."


def test_progress_is_of_the_album_in_hand_and_of_all() -> None:
    tally, lakes = Tally(), Album(UserId(1), 10, "Lakes")
    assert tally.progress is None
    tally.ask(album(9), [1, 2])
    tally.ask(lakes, [3])
    tally.read(lakes, listed=4, pages=1)
    for got in (had(1), missed(3)):
        tally.settle(got)
    assert tally.progress == Progress(
        album="Lakes", album_done=1, album_wanted=1, done=2, wanted=3, known=3, failed=1, bytes=1500
    )
