import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fapproc.filenames import EXTENSIONS, NAME_BYTES, cut, safe_name, safe_picture_name
from fapproc.model import Format

RESERVED = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "123456789"
}
FORBIDDEN = set('/\\:*?"<>|\0')
ANY = st.text(st.characters(codec=None), max_size=300)
NASTY = st.lists(
    st.sampled_from(
        [".", "..", " ", "/", "\\", "CON", "nul", "-", "a", "é", "日", "😀", "\u202e", "\n", ".jpg"]
    ),
    max_size=120,
).map("".join)


def assert_safe(name: str) -> None:
    assert name not in {"", ".", ".."}
    assert not FORBIDDEN & set(name)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in name)
    assert not any(
        unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF"} for c in name
    )
    assert not any("\u2066" <= c <= "\u2069" for c in name)
    assert len(name.encode()) <= NAME_BYTES
    assert not name.startswith("-")
    assert name == name.rstrip(" .")
    assert name.split(".", maxsplit=1)[0].rstrip(" ").upper() not in RESERVED
    assert Path("folder", name).parent == Path("folder")


@given(ANY | NASTY)
@example("a" * 254 + " b")
@example("CON ")
@example("CON .jpg")
@example("." * 300 + "a")
@example("\ud800.jpg")
def test_any_name_becomes_a_safe_one(name: str) -> None:
    assert_safe(safe_name(name))


@given(ANY | NASTY, st.sampled_from(Format))
def test_any_picture_name_becomes_a_safe_one_with_an_extension_that_tells_the_truth(
    name: str, form: Format
) -> None:
    found = safe_picture_name(name, form)
    assert_safe(found)
    assert found.rpartition(".")[2].lower() in EXTENSIONS[form]


@given(ANY | NASTY)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    once = safe_name(name)
    assert safe_name(once) == once


@pytest.mark.parametrize(
    "name",
    ["lake.jpg", "A walk, 3 (of 4).JPEG", "été à la mer.jpg", "日本.jpg", "family 👩‍👩‍👧.jpg"],
)
def test_a_good_name_is_kept_letter_for_letter(name: str) -> None:
    assert safe_picture_name(name, Format.JPG) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("../../etc/passwd", "..-..-etc-passwd"),
        ("a/b\\c", "a-b-c"),
        ("-rf", "_-rf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("two\nlines", "two lines"),
        ("con", "con_"),
        ("Aux.txt", "Aux_.txt"),
        ("CON .txt", "CON_.txt"),
        ("what?", "what"),
    ],
)
def test_what_is_not_safe_is_replaced(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["lake", "lake.png", "lake.exe", "lake.jpg.txt", ".jpg"])
def test_an_extension_that_does_not_fit_the_content_is_followed_by_one_that_does(name: str) -> None:
    assert safe_picture_name(name, Format.JPG).endswith(".jpg")
    assert safe_picture_name("lake.png", Format.JPG) == "lake.png.jpg"


@pytest.mark.parametrize("letter", ["a", "é", "日", "😀"])
def test_a_long_name_is_cut_at_a_whole_letter_and_keeps_its_extension(letter: str) -> None:
    found = cut(letter * 300 + ".jpeg")
    assert found == letter * ((NAME_BYTES - 5) // len(letter.encode())) + ".jpeg"


def test_a_long_last_word_is_no_extension() -> None:
    assert cut("a." + "b" * 300) == "a." + "b" * 253
