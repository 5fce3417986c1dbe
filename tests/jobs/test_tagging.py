import pytest

from fapproc.archive import Archive
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import tagging
from fapproc.selections.grammar import of_digests
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, small

ONE, TWO = digest_of(small(1)), digest_of(small(2))


def paths(archive: Archive) -> list[str]:
    return [tag.path for tag in tagging.listed(archive)]


@pytest.fixture
def tagged(archive: Archive) -> Archive:
    fill(archive, {"lakes": numbered(small(1), small(2))})
    tagging.create(archive, "Places/Lakes")
    return archive


def test_a_path_is_made_with_what_it_lacks_above_it(archive: Archive) -> None:
    made = tagging.create(archive, "Places/Lakes")
    assert [tag.path for tag in made] == ["Places", "Places/Lakes"]
    made = tagging.create(archive, "/places/ Hills /")
    assert [tag.path for tag in made] == ["Places/Hills"]
    assert paths(archive) == ["Places", "Places/Hills", "Places/Lakes"]


@pytest.mark.parametrize("path", ["Places/Lakes", "places/LAKES", "Places"])
def test_a_tag_that_is_there_is_not_made_again(tagged: Archive, path: str) -> None:
    with pytest.raises(UsageProblem, match=r"There is a tag .* already"):
        tagging.create(tagged, path)


@pytest.mark.parametrize("path", ["Lakes", "Water/lakes", "Water/Water", "places/places"])
def test_a_name_is_one_in_the_whole_tree_and_a_refusal_makes_nothing(
    tagged: Archive, path: str
) -> None:
    with pytest.raises(UsageProblem, match="elsewhere already"):
        tagging.create(tagged, path)
    assert paths(tagged) == ["Places", "Places/Lakes"]


@pytest.mark.parametrize(
    "path", ["", "/", "a//b", "a\\b", " ", "a/ /b", "a\nb", "a\u202eb", "\0", "../x", "a/."]
)
def test_what_is_no_path_of_tags_is_refused(archive: Archive, path: str) -> None:
    with pytest.raises(UsageProblem, match="is not a path of tags"):
        tagging.create(archive, path)
    assert paths(archive) == []


@pytest.mark.parametrize("path", ["Places/Lakes", "lakes", "/PLACES/lakes/"])
def test_images_are_tagged_by_path_or_name_and_by_the_start_of_their_digest(
    tagged: Archive, path: str
) -> None:
    assert tagging.apply(tagged, path, of_digests([ONE[:6], TWO.upper(), ONE])).changed == 2
    assert tagging.apply(tagged, path, of_digests([ONE])).changed == 0
    assert [(tag.name, tag.images) for tag in tagging.listed(tagged)] == [
        ("Places", 0),
        ("Lakes", 2),
    ]


@pytest.mark.parametrize(("typed", "problem"), [("lake.jpg", UsageProblem), ("0" * 64, FapError)])
def test_where_one_is_no_image_none_is_tagged(
    tagged: Archive, typed: str, problem: type[FapError]
) -> None:
    with pytest.raises(problem):
        tagging.apply(tagged, "Lakes", of_digests([ONE, typed]))
    assert [tag.images for tag in tagging.listed(tagged)] == [0, 0]


def test_a_tag_that_is_not_there_is_told(tagged: Archive) -> None:
    with pytest.raises(FapError, match="No tag 'Ponds'"):
        tagging.apply(tagged, "Ponds", of_digests([ONE]))
