"""What methods see of pictures that are not stored as they are seen, and that show nothing.

Each goes the whole way: `import`, `process`, `dedup`.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from fapproc.archive import Archive
from fapproc.jobs import derive, duplicates, import_folder, inventory
from fapproc.jobs.explain import explain
from fapproc.vault.store import digest_of
from tests.beside import CASES
from tests.drawing import landscape, write

Files = dict[str, bytes]
SIZE = (320, 240)
X, Y = np.linspace(0, 1, SIZE[0])[None, :, None], np.linspace(0, 1, SIZE[1])[:, None, None]


def searched(archive: Archive, files: Files, place: Path) -> set[frozenset[str]]:
    """Bring files all the way; the groups by their names."""
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)
    import_folder.import_folder(archive, place)
    report = derive.derive(archive, processes=2)
    assert (report.made, report.broken.count) == (len(files), 0)
    duplicates.find_duplicates(archive)
    names = {digest_of(data): name for name, data in files.items()}
    return {frozenset(names[one] for one in each.members) for each in inventory.groups(archive)}


def case(folder: str) -> Files:
    place = CASES / "duplicates" / folder
    if not place.is_dir():
        pytest.skip("the cases of duplicates do not lie beside the project")
    return {file.name: file.read_bytes() for file in sorted(place.iterdir())}


def scene(seed: int) -> Image.Image:
    """A picture of figures: to a network grey noise alone is like any other."""
    random = np.random.default_rng(seed)
    drawn = landscape(seed, SIZE)
    draw = ImageDraw.Draw(drawn)
    for number in range(12):
        x, y, w, h = random.integers((0, 0, 20, 20), (280, 200, 120, 120))
        figure = draw.rectangle if (number + seed) % 3 else draw.ellipse
        figure((x, y, x + w, y + h), tuple(random.integers(0, 256, 3).tolist()))
    return drawn


def shape(seed: int) -> Image.Image:
    """A picture that shines through around some figures: RGBA, black where nothing is."""
    random = np.random.default_rng(seed)
    cut = Image.new("L", SIZE)
    draw = ImageDraw.Draw(cut)
    for _ in range(4):
        x, y, w, h = random.integers((0, 0, 40, 40), (200, 140, 110, 100))
        draw.ellipse((x, y, x + w, y + h), "white")
    drawn = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    drawn.paste(landscape(seed, SIZE), mask=cut)
    return drawn


def lines(seed: int, colour: str) -> Image.Image:
    """Lines on nothing."""
    random = np.random.default_rng(seed)
    drawn = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    draw = ImageDraw.Draw(drawn)
    for _ in range(9):
        draw.line([tuple(random.integers((0, 0), SIZE)) for _ in range(3)], colour, 5)
    return drawn


def on(ground: str, image: Image.Image) -> bytes:
    flat = Image.new("RGB", image.size, ground)
    flat.paste(image, mask=image.convert("RGBA").getchannel("A"))
    return write(flat, "JPEG", quality=85)


def png(image: Image.Image, **options: object) -> bytes:
    return write(image, "PNG", **options)


def deep_png(pixels: NDArray[np.uint16]) -> bytes:
    """A PNG of 16 bits a colour, which Pillow doesn't write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1] // 3, pixels.shape[0], 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def turned(image: Image.Image, orientation: int) -> bytes:
    """The file of a camera that was held so: to be turned as EXIF says, it looks upright."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    return write(image.transpose(back[orientation]), "JPEG", quality=90, exif=exif)


def pairs_of(archive: Archive, files: dict[str, tuple[bytes, bytes]], place: Path) -> None:
    """Each two are one picture to a person: so they are a group, and no others are."""
    named = {f"{what} {n}": data for what, two in files.items() for n, data in enumerate(two)}
    found = searched(archive, named, place)
    assert found == {frozenset({f"{what} 0", f"{what} 1"}) for what in files}


def test_what_shines_through_is_seen_as_on_white_and_white_lines_as_on_black(
    archive: Archive, tmp_path: Path
) -> None:
    grey, few = shape(2).convert("LA"), shape(3).quantize(64)
    white, black = lines(4, "white"), lines(5, "black")
    named = landscape(6, SIZE).quantize(128)
    named.info["transparency"] = 0
    pairs_of(
        archive,
        {
            "RGBA": (png(shape(1)), on("white", shape(1))),
            "LA": (png(grey), on("white", grey)),
            "palette with alpha": (png(few), on("white", few.convert("RGBA"))),
            "one colour of a palette": (png(named), on("white", named.convert("RGBA"))),
            "webp": (write(shape(7), "WEBP", quality=90), on("white", shape(7))),
            "white lines": (png(white), on("black", white)),
            "black lines": (png(black), on("white", black)),
        },
        tmp_path / "in",
    )


def test_shades_of_more_than_8_bits_are_seen_as_they_are_shown(
    archive: Archive, tmp_path: Path
) -> None:
    shades = [np.asarray(scene(seed).convert("L")) for seed in range(10, 13)]
    plain = [png(Image.fromarray(each)) for each in shades]
    colour = scene(15)
    deep = np.asarray(colour).astype(np.uint16) * 257
    wide = shades[1].astype(np.int32) * 257
    pairs_of(
        archive,
        {
            "16": (png(Image.fromarray(shades[0].astype(np.uint16) * 257)), plain[0]),
            "32": (write(Image.fromarray(wide), "TIFF"), plain[1]),
            "point": (write(Image.fromarray(shades[2].astype(np.float32) / 255), "TIFF"), plain[2]),
            "16 bits a colour": (deep_png(deep.reshape(SIZE[1], -1)), png(colour)),
        },
        tmp_path / "in",
    )


def test_a_picture_is_found_however_the_camera_was_held(archive: Archive, tmp_path: Path) -> None:
    files = {
        f"{seed} {n}": turned(landscape(seed, SIZE), n) for seed in (1, 2) for n in range(2, 9)
    }
    files |= {f"{seed} 1": write(landscape(seed, SIZE), "JPEG", quality=80) for seed in (1, 2)}
    found = searched(archive, files, tmp_path / "in")
    assert found == {frozenset(f"{seed} {n}" for n in range(1, 9)) for seed in (1, 2)}


def test_pictures_in_which_there_is_nothing_to_see_are_in_no_group(
    archive: Archive, tmp_path: Path
) -> None:
    grain = np.random.default_rng(1).normal(128, 6, (*SIZE[::-1], 1))
    waves = {
        "black": 0 * X * Y,
        "white": 255 + 0 * X * Y,
        "grey": 128 + 0 * X * Y,
        "shade": 255 * X + 0 * Y,
        "steep": 0 * X + 255 * Y,
        "oblique": 127 * (X + Y),
        "middle": 255 * ((X - 0.5) ** 2 + (Y - 0.5) ** 2),
        "grain": grain,
        "colour": np.concatenate([X + 0 * Y, Y + 0 * X, 1 - X + 0 * Y], axis=2) * 255,
    }
    drawn = {
        name: Image.fromarray(np.clip(wave * np.ones(3), 0, 255).astype(np.uint8))
        for name, wave in waves.items()
    }
    files = {f"{name}.png": png(image) for name, image in drawn.items()}
    files |= {f"{name}.jpg": write(image, "JPEG", quality=75) for name, image in drawn.items()}
    files |= {
        f"nothing {shade}": png(Image.new("RGBA", SIZE, (shade,) * 3 + (0,))) for shade in (0, 9)
    }
    assert searched(archive, files, tmp_path / "in") == set()
    said = explain(archive, digest_of(files["black.png"]), digest_of(files["white.png"]))
    assert said.accepted is False
    assert said.reasons == (
        "one of them shows nothing that could be compared, so no method counts",
    )
    assert all(word.silent and not word.near and not word.supports for word in said.methods)


def test_hashes_of_what_is_not_seen_count_for_nothing(archive: Archive, tmp_path: Path) -> None:
    under = landscape(1, SIZE)
    striped, round_one = (Image.new("L", SIZE) for _ in range(2))
    for y in range(0, SIZE[1], 40):
        ImageDraw.Draw(striped).rectangle((0, y, SIZE[0], y + 12), "white")
    ImageDraw.Draw(round_one).ellipse((90, 50, 230, 190), "white")
    files = {}
    for number, mask in enumerate((striped, round_one)):
        under.putalpha(mask)
        files[f"{number}.png"] = png(under)
    assert searched(archive, files, tmp_path / "in") == set()
    said = explain(archive, *map(digest_of, files.values()))
    percept = next(word for word in said.methods if word.method == "percept")
    assert (percept.score, percept.silent) == (0, True)
    assert "shown differently than it is stored" in said.reasons[0]


def test_an_animation_that_begins_with_nothing_is_seen_by_its_first_frame_that_shows_something(
    archive: Archive, tmp_path: Path
) -> None:
    files = {}
    for name, first in (("lakes", 1), ("hills", 5)):
        frames = [Image.new("RGB", SIZE), *(scene(first + n) for n in range(3))]
        for quality in (60, 90):
            files[f"{name} {quality}"] = write(
                frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=quality
            )
    found = searched(archive, files, tmp_path / "in")
    assert found == {frozenset({f"{name} 60", f"{name} 90"}) for name in ("lakes", "hills")}


def test_bars_make_no_two_pictures_one_and_hide_none(archive: Archive, tmp_path: Path) -> None:
    bars = {"side": ((160, 0), "black"), "letter": ((0, 90), "white"), "frame": ((90, 90), "gray")}
    files = {}
    for number, (name, (width, colour)) in enumerate(bars.items()):
        for seed in (30 + number, 40 + number):
            files[f"{name} {seed}"] = write(scene(seed), "JPEG", quality=80)
            framed = ImageOps.expand(scene(seed), width, colour)
            files[f"{name} {seed} framed"] = write(framed, "JPEG", quality=85)
    found = searched(archive, files, tmp_path / "in")
    assert found == {frozenset({name, f"{name} framed"}) for name in files if name[-1] != "d"}


def test_small_things_on_a_plain_ground_are_told_apart_and_their_copies_found(
    archive: Archive, tmp_path: Path
) -> None:
    files = {}
    for seed in range(50, 56):
        sheet = Image.new("RGB", (800, 600), "white")
        thing = scene(seed).resize((240, 180))
        sheet.paste(thing, (300, 220), shape(seed).getchannel("A").resize(thing.size))
        files[f"{seed}"] = write(sheet, "JPEG", quality=90)
        files[f"{seed} small"] = write(sheet.resize((640, 480)), "JPEG", quality=80)
    found = searched(archive, files, tmp_path / "in")
    assert found == {frozenset({f"{seed}", f"{seed} small"}) for seed in range(50, 56)}


def test_line_art_on_alpha_is_the_same_as_on_white(archive: Archive, tmp_path: Path) -> None:
    found = searched(archive, case("10_black_lineart_on_alpha"), tmp_path / "in")
    assert found == {frozenset({"l0.png", "l0_onwhite.jpg"})}


def test_cameras_turn_pictures(archive: Archive, tmp_path: Path) -> None:
    files = case("17_rotated")
    assert searched(archive, files, tmp_path / "in") == {frozenset(files)}


def test_grey_of_16_bits_is_not_clipped_to_white(archive: Archive, tmp_path: Path) -> None:
    found = searched(archive, case("27_gray16"), tmp_path / "in")
    assert found == {frozenset({"b16.png", "b8.png"})}
