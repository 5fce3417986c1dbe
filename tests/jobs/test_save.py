import hashlib
import json
import os
import unicodedata
from pathlib import Path

import pytest

from fapproc.errors import StorageError, UsageProblem
from fapproc.jobs.ingest import IngestReport, Picture
from fapproc.jobs.save import LIST, Target, check, known
from fapproc.model import Format
from fapproc.ours import TEMPORARY
from tests.drawing import landscape, write
from tests.shelves import flip

RED, BLUE = write(landscape(1, (40, 30)), "JPEG"), write(landscape(2, (40, 30)), "JPEG")
SHORT = hashlib.sha256(BLUE).hexdigest()[:8]


def picture(image: int, name: str | None, data: bytes = RED, form: Format = Format.JPG) -> Picture:
    return Picture(image, name, data, form)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != LIST}


def test_a_picture_lies_under_its_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "place"
    target = Target(folder)
    report = target.save([picture(1, "Été à la mer.JPG"), picture(2, None, BLUE)])
    target.close()
    assert files(folder) == {"Été à la mer.JPG": RED, "2.jpg": BLUE}
    assert report == IngestReport(new=2, bytes=len(RED) + len(BLUE))


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("hills.jpeg", "hills.jpeg"),
        ("hills.png", "hills.jpg"),
        ("hills", "hills.jpg"),
        ("v1.2 of hills", "v1.2 of hills.jpg"),
        ("../../etc/passwd", "..-..-etc-passwd.jpg"),
        ("CON.jpg", "CON_.jpg"),
        (LIST, f"{LIST}.jpg"),
    ],
)
def test_a_name_is_safe_and_its_extension_is_that_of_the_bytes(
    tmp_path: Path, name: str, saved: str
) -> None:
    target = Target(tmp_path / "here")
    target.save([picture(1, name)])
    target.close()
    assert list(files(tmp_path / "here")) == [saved]
    assert list(tmp_path.iterdir()) == [tmp_path / "here"]


def test_other_bytes_under_a_taken_name_get_digits_of_their_digest(tmp_path: Path) -> None:
    (tmp_path / "HILLS.jpg").write_bytes(RED)
    target = Target(tmp_path)
    report = target.save([picture(1, "hills.jpg", BLUE), picture(2, "hills.jpg", RED)])
    target.close()
    assert report == IngestReport(new=1, known=1, bytes=len(BLUE))
    assert target.renamed == 1
    assert files(tmp_path) == {"HILLS.jpg": RED, f"hills-{SHORT}.jpg": BLUE}


def test_a_person_s_own_file_and_folder_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "hills.jpg").mkdir()
    (tmp_path / f"hills-{SHORT}.jpg").write_bytes(b"mine")
    target = Target(tmp_path)
    target.save([picture(1, "hills.jpg", BLUE)])
    target.close()
    assert (tmp_path / f"hills-{SHORT}.jpg").read_bytes() == b"mine"
    whole = hashlib.sha256(BLUE).hexdigest()
    assert (tmp_path / f"hills-{whole}.jpg").read_bytes() == BLUE


def test_in_one_batch_names_are_taken_too(tmp_path: Path) -> None:
    target = Target(tmp_path)
    batch = [picture(1, "a.jpg"), picture(2, "a.jpg", BLUE), picture(3, "A.jpg", BLUE)]
    assert target.save(batch) == IngestReport(new=2, known=1, bytes=len(RED) + len(BLUE))
    target.close()
    assert files(tmp_path) == {"a.jpg": RED, f"a-{SHORT}.jpg": BLUE}


def test_what_is_there_is_known_by_its_id_until_it_is_changed_or_removed(tmp_path: Path) -> None:
    target = Target(tmp_path)
    target.save([picture(n, f"{n}.jpg", RED) for n in (1, 2, 3)])
    target.close()
    (tmp_path / "2.jpg").unlink()
    flip(tmp_path / "3.jpg")
    os.utime(tmp_path / "3.jpg", (1, 1))
    assert known(tmp_path) == {1}
    with (tmp_path / LIST).open("a") as stream:
        stream.write('no json\n[1]\n{"a": 1}\n[9, "../x", 1, 1]\n[1, ')
    assert known(tmp_path) == {1}


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / LIST).write_text('[7, "cut')
    target = Target(tmp_path)
    target.save([picture(1, "a.jpg"), picture(2, "b.jpg", BLUE)])
    target.close()
    assert known(tmp_path) == {1, 2}


def test_a_folder_that_holds_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.json").touch()
    with pytest.raises(UsageProblem, match="holds an archive"):
        Target(tmp_path)


def test_a_folder_that_can_t_be_made_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="name another one with --output"):
        Target(tmp_path / "file" / "below")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    target = Target(tmp_path)
    (tmp_path / ".unfinished").write_bytes(b"")  # nothing can be made below it
    with pytest.raises(StorageError, match=r"Can't write in the folder .* Move it away"):
        target.save([picture(1, "a.jpg")])
    (tmp_path / ".unfinished").unlink()
    assert files(tmp_path) == {}


def test_looking_at_what_is_there_makes_nothing(tmp_path: Path) -> None:
    assert known(tmp_path) == known(tmp_path / "none") == frozenset()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_with_times_of_its_own_and_a_disk_with_coarse_ones_cost_no_request(
    tmp_path: Path,
) -> None:
    target = Target(tmp_path / "here")
    target.save([picture(1, "a.jpg"), picture(2, unicodedata.normalize("NFC", "é.jpg"), BLUE)])
    target.close()
    composed, decomposed = (unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD"))
    (tmp_path / "here" / composed).rename(tmp_path / "here" / decomposed)  # as HFS+ has it
    noted = (tmp_path / "here" / "a.jpg").stat().st_mtime
    for times in (int(noted) // 2 * 2, 1):
        for name in ("a.jpg", decomposed):
            os.utime(tmp_path / "here" / name, (times, times))
        assert known(tmp_path / "here") == {1, 2}


def test_names_that_are_one_on_some_disk_are_two_files(tmp_path: Path) -> None:
    target = Target(tmp_path)
    names = [unicodedata.normalize(form, "Été.jpg") for form in ("NFC", "NFD")]
    target.save([picture(1, names[0]), picture(2, names[1], BLUE), picture(3, "ÉTÉ.JPG", BLUE)])
    target.close()
    assert sorted(files(tmp_path)) == sorted([names[0], names[1][:-4] + f"-{SHORT}.jpg"])


def test_a_list_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / LIST).symlink_to(tmp_path / "letter")
    with pytest.raises(StorageError, match="it is a link"):
        Target(tmp_path / "here")
    assert (tmp_path / "letter").read_text() == "mine"


def test_one_small_file_for_four_pictures_is_not_saved_a_fourth_time(tmp_path: Path) -> None:
    target = Target(tmp_path / "here")
    target.save([picture(number, f"{number}.jpg") for number in (1, 2, 3)])
    report = target.save([picture(4, "4.jpg"), picture(5, "5.jpg", BLUE)])
    target.close()
    assert report == IngestReport(new=1, bytes=len(BLUE), failed=1, placeholders=1)
    assert sorted(files(tmp_path / "here")) == ["1.jpg", "2.jpg", "3.jpg", "5.jpg"]
    again = Target(tmp_path / "here")
    assert again.save([picture(4, "4.jpg")]) == IngestReport(failed=1, placeholders=1)
    again.close()
    assert sorted(files(tmp_path / "here")) == ["1.jpg", "2.jpg", "3.jpg", "5.jpg"]


def test_what_a_crash_left_half_written_is_removed(tmp_path: Path) -> None:
    half = tmp_path / TEMPORARY / f"half-{'0' * 32}"
    half.parent.mkdir()
    half.write_bytes(RED[:9])
    target = Target(tmp_path)
    assert not half.exists()
    target.close()
    assert files(tmp_path) == {}


def test_a_list_that_can_no_more_be_written_ends_the_work(tmp_path: Path) -> None:
    target = Target(tmp_path)
    (tmp_path / LIST).unlink()
    (tmp_path / LIST).mkdir()
    with pytest.raises(StorageError, match="Make room or give permission"):
        target.save([picture(1, "a.jpg")])


def test_a_file_of_another_length_was_changed_though_its_time_was_not(tmp_path: Path) -> None:
    Target(tmp_path).save([picture(1, "a.jpg")])
    file = tmp_path / "a.jpg"
    at = file.stat().st_mtime_ns
    file.write_bytes(RED[:-1])
    os.utime(file, ns=(at, at))
    assert known(tmp_path) == frozenset()


def test_a_line_without_a_digest_counts_as_long_as_the_time_is_the_same(tmp_path: Path) -> None:
    """As earlier programs wrote them."""
    file = tmp_path / "a.jpg"
    file.write_bytes(RED)
    for seconds, found in ((0, {1}), (90, set())):
        said = [1, file.name, len(RED), file.stat().st_mtime + seconds]
        (tmp_path / LIST).write_text(json.dumps(said))
        assert known(tmp_path) == found


def test_a_file_in_the_place_of_the_folder_is_told_before_any_request(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("mine")
    with pytest.raises(StorageError, match="Not a directory"):
        check(tmp_path / "pictures")
