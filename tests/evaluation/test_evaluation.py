"""The evaluation on drawn pictures: what it makes of them, and that its tables say what is so."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from evaluation import collection, report
from evaluation.__main__ import main
from evaluation.collection import Made, Original
from evaluation.transformations import SIDE, TRANSFORMATIONS, fade, vary
from fapproc.archive import Archive
from fapproc.dedup.fusion import RULES
from fapproc.jobs import looking_twice
from tests.drawing import landscape, write

SIZE = (240, 180)


@pytest.fixture(scope="module")
def varied() -> dict[str, Image.Image]:
    files = vary(write(landscape(1, SIZE), "PNG"))
    return {
        name: Image.open(BytesIO(data))
        for name, data in zip(["itself", *TRANSFORMATIONS], files, strict=True)
    }


def difference(one: Image.Image, other: Image.Image) -> float:
    a, b = (np.asarray(image.convert("RGB"), dtype=float) for image in (one, other))
    return float(np.abs(a - b).mean())


def test_each_transformation_makes_a_picture_of_its_size(varied: dict[str, Image.Image]) -> None:
    sizes = {name: image.size for name, image in varied.items() if image.size != SIZE}
    assert sizes == {
        "half size": (120, 90),
        "thumbnail of 128 px": (128, 96),
        "80% of the height": (240, 144),
        "crop 2% a side": (230, 172),
        "crop 5% a side": (216, 162),
        "crop 10% a side": (192, 144),
        "crop 15% a side": (168, 126),
        "crop 20% a side": (144, 108),
        "lower third off": (240, 120),
        "turned by 90 degrees": (180, 240),
        "turned by 270 degrees": (180, 240),
        "on its side, turned by EXIF": (180, 240),
        "border": (260, 200),
        "grey, then border": (260, 200),
        "crop 5%, then JPEG 30": (216, 162),
        "caption, then half size": (120, 90),
    }
    assert varied["grey"].mode == "L"
    assert {image.format for image in varied.values()} == {"JPEG", "WEBP"}


def test_each_transformation_changes_the_picture(varied: dict[str, Image.Image]) -> None:
    whole = varied["itself"]
    for name, image in varied.items():
        assert name == "itself" or difference(image.resize(SIZE), whole) > 0.3, name


def test_the_mirrored_picture_is_the_picture_from_behind(varied: dict[str, Image.Image]) -> None:
    back = varied["mirrored"].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert difference(back, varied["itself"]) < 3 < difference(varied["mirrored"], back)


def test_what_lies_on_its_side_is_shown_upright(varied: dict[str, Image.Image]) -> None:
    shown = ImageOps.exif_transpose(varied["on its side, turned by EXIF"])
    assert difference(shown, varied["itself"]) < 3


def test_a_large_photograph_is_shrunk_first() -> None:
    first = Image.open(BytesIO(vary(write(Image.new("RGB", (SIDE * 2, 100)), "PNG"))[0]))
    assert first.size == (SIDE, 50)


def test_a_fade_leads_from_one_photograph_to_the_other() -> None:
    a, b = (write(landscape(seed, SIZE), "JPEG") for seed in (1, 2))
    first, *middle, last = (Image.open(BytesIO(data)) for data in fade(a, b, 5))
    assert len(middle) == 3
    assert difference(first, Image.open(BytesIO(a))) < 3
    assert difference(last, Image.open(BytesIO(b))) < 3
    away = [difference(first, image) for image in (*middle, last)]
    assert away == sorted(away)


def photos(count: int) -> Iterator[Original]:
    for seed in range(count):
        yield Original(f"{seed}", f"{seed // 2}", write(landscape(seed, SIZE), "JPEG"))


def test_series_are_read_from_names_and_the_same_file_counts_once(tmp_path: Path) -> None:
    for name, seed in (("lake-1", 1), ("lake-2", 2), ("hill-1", 3), ("copy-of-hill", 3)):
        (tmp_path / f"{name}.jpg").write_bytes(write(landscape(seed, (40, 30)), "JPEG"))
    (tmp_path / "notes.txt").write_text("no picture")
    found = [(photo.name, photo.series) for photo in collection.read(tmp_path, "(.*)-[0-9]")]
    assert [name for name, _ in found] == ["copy-of-hill.jpg", "lake-1.jpg", "lake-2.jpg"]
    assert [series for _, series in found][1:] == ["lake", "lake"]
    alone = [photo.series for photo in collection.read(tmp_path, None)]
    assert len(set(alone)) == 3


def test_a_series_is_in_one_half_only_and_nothing_is_lost() -> None:
    made = [Made(photo.name, photo.series, [photo.data]) for photo in photos(14)]
    first, second = collection.halves(made)
    assert sorted(each.name for each in first + second) == sorted(each.name for each in made)
    assert not {each.series for each in first} & {each.series for each in second}
    assert abs(len(first) - len(second)) <= 2


def test_a_file_that_does_not_decode_is_left_out() -> None:
    good, bad = next(photos(1)), Original("bad", "bad", b"\xff\xd8\xff no picture")
    assert [each.name for each in collection.make([bad, good])] == ["0"]


def test_files_keep_their_labels_on_the_way_through_an_archive(tmp_path: Path) -> None:
    flat = write(Image.new("RGB", SIZE), "JPEG")
    made = [
        Made("a", "s", [next(photos(1)).data, flat]),
        Made("b", "t", [flat, write(landscape(5, SIZE), "JPEG")]),
    ]
    with Archive.open_or_create(tmp_path) as archive:
        collection.take_in(archive, made)
        held = collection.collect(archive, made)
    assert len(held.digests) == len(held.encoded) == 3
    a, b = held.labels.versions(1)
    assert b[0] == a[1]  # the same bytes are one row
    assert held.labels.step[a].tolist() == [0, 0]
    assert held.labels.photo[[a[0], b[1]]].tolist() == [0, 1]


def test_the_tables_name_every_transformation_method_and_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_twice, "NEAREST", 1)  # what is seen makes no difference here
    made = [Made(photo.name, photo.name, vary(photo.data)) for photo in photos(2)]
    with Archive.open_or_create(tmp_path) as archive:
        collection.take_in(archive, made)
        held = collection.collect(archive, made)
        lines = [
            *report.recalls(held),
            *report.false_pairs(held, report.calibrate(held)),
            *report.wrong_groups(archive, held),
        ]
    heads = {line.split(" | ")[0].strip("| ") for line in lines if line.startswith("| ")}
    assert heads >= {*TRANSFORMATIONS, *RULES, "percept", "wavelet"}
    jpegs = next(line for line in lines if line.startswith("| JPEG 75 |"))
    assert jpegs.count("1.000 (0.224)") >= len(RULES)  # of two photographs: 0.05 ** (1 / 2)
    pairs = (len(TRANSFORMATIONS) + 1) ** 2
    assert f"### Mistaken: {pairs} pairs of images of 1 pairs of unrelated photographs" in lines


def test_groups_are_compared_between_orders_and_along_a_fade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, small in (("PORTIONS", 1), ("LINKS", 3)):
        monkeypatch.setattr(report, name, small)
    a, b = (photo.data for photo in photos(2))
    copy = write(landscape(0, SIZE), "PNG")
    made = [Made("a", "a", [a, copy]), Made("b", "b", [b])]
    assert list(report.order(made))[-2] == "| hybrid | 1 | 1 |"
    assert {line.split(" | ")[0].strip("| ") for line in report.chains(made)} >= RULES.keys()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--photos", "nowhere"], "nowhere is not a folder"),
        (["--photos", ".", "--kinds", "photographs"], "photographs are too few"),
        (["--by-method", "--photos", "."], "photographs are too few"),
        (["--kinds", "drawings"], "Name a folder of them by --drawings"),
        (["--kinds", "songs"], "invalid choice: 'songs'"),
        (["--sample", "3"], "'3' is too few"),
        (["--series", "("], "is no regular expression"),
        (["--series", "x"], "needs one group"),
    ],
)
def test_what_can_not_be_evaluated_is_said(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["evaluation", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.search(said, capsys.readouterr().err)
