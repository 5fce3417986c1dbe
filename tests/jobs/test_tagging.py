import pytest

from fapproc.archive import Archive
from fapproc.db import selected
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import selection as selections
from fapproc.jobs import tagging
from fapproc.selections.grammar import of_digests
from fapproc.selections.selection import Selection, Tagged
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
    with pytest.raises(UsageProblem, match=r"There is a tag 'Places(/Lakes)?' already"):
        tagging.create(tagged, path)


@pytest.mark.parametrize("path", ["Lakes", "Water/lakes", "Water/Water", "places/places"])
def test_a_name_is_one_in_the_whole_tree_and_a_refusal_makes_nothing(
    tagged: Archive, path: str
) -> None:
    with pytest.raises(
        UsageProblem,
        match=r"There is a tag '(Places(/Lakes)?|Water)' already; a name can be used only once",
    ):
        tagging.create(tagged, path)
    assert paths(tagged) == ["Places", "Places/Lakes"]


@pytest.mark.parametrize(
    "path", ["", "/", "a//b", "a\\b", " ", "a/ /b", "a\nb", "a\u202eb", "\0", "../x", "a/."]
)
def test_what_is_no_path_of_tags_is_refused(archive: Archive, path: str) -> None:
    with pytest.raises(UsageProblem, match="is not a path of tags"):
        tagging.create(archive, path)
    assert paths(archive) == []


def test_a_name_is_no_longer_than_a_list_can_show(archive: Archive) -> None:
    tagging.create(archive, f"{'a' * 200}/{'b' * 200}")
    for path in ("x" * 201, f"{'a' * 200}/{'c' * 100_000}"):
        with pytest.raises(UsageProblem, match="in 200 at most") as problem:
            tagging.create(archive, path)
        assert len(str(problem.value)) < 200
    with pytest.raises(UsageProblem, match="in 200 at most"):
        tagging.rename(archive, "b" * 200, "x" * 201)
    assert len(paths(archive)) == 2


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
    with pytest.raises(FapError, match="archive has no tag 'Ponds'"):
        tagging.apply(tagged, "Ponds", of_digests([ONE]))


def test_a_tag_is_renamed_where_it_stands_with_all_under_it(tagged: Archive) -> None:
    before, after = tagging.rename(tagged, "places", "Land")
    assert (before.path, after.path) == ("Places", "Land")
    assert paths(tagged) == ["Land", "Land/Lakes"]
    tagging.rename(tagged, "LAKES", "lakes")  # its own name in another case is no other's
    assert paths(tagged) == ["Land", "Land/lakes"]


def test_a_number_means_one_tag_whatever_that_and_others_are_called(tagged: Archive) -> None:
    places, lakes = (tag.id for tag in tagging.listed(tagged))
    tagging.rename(tagged, places, f"#{lakes}")
    assert tagging.rename(tagged, lakes, "Ponds")[1].path == f"#{lakes}/Ponds"
    assert tagging.create(tagged, "Shores/Sand", under=places)[-1].path == f"#{lakes}/Shores/Sand"
    assert tagging.apply(tagged, lakes, of_digests([ONE])).tag.name == "Ponds"
    assert tagging.apply(tagged, f"#{lakes}", of_digests([TWO])).tag.name == "Ponds"
    assert tagging.apply(tagged, f"/#{lakes}", of_digests([TWO])).tag.id == places  # it is a path
    with tagged.reading() as connection:
        said = Selection(tags=(Tagged(lakes, children=False),))
        assert selected.count(connection, selections.resolve(connection, said)) == 2
    assert tagging.move(tagged, lakes, "/")[1].path == "Ponds"
    assert tagging.move(tagged, lakes, places)[1].path == f"#{lakes}/Ponds"
    assert tagging.delete(tagged, lakes).name == "Ponds"
    with pytest.raises(FapError, match=f"no tag '#{lakes}'"):
        tagging.create(tagged, "Reeds", under=lakes)


@pytest.mark.parametrize("name", ["Lakes", "LAKES", "a/b", "", "a\\b", ".."])
def test_a_name_that_is_taken_or_can_t_be_one_is_refused(tagged: Archive, name: str) -> None:
    with pytest.raises(UsageProblem):
        tagging.rename(tagged, "Places", name)
    assert paths(tagged) == ["Places", "Places/Lakes"]


def test_a_tag_is_moved_with_all_under_it_and_never_under_itself(tagged: Archive) -> None:
    tagging.create(tagged, "World/Europe")
    assert tagging.move(tagged, "Places", "europe")[1].path == "World/Europe/Places"
    assert paths(tagged)[-1] == "World/Europe/Places/Lakes"
    for under in ("Places", "Lakes"):
        with pytest.raises(UsageProblem, match="can't be under"):
            tagging.move(tagged, "Places", under)
    assert tagging.move(tagged, "Lakes", "/")[1].path == "Lakes"
    with pytest.raises(FapError, match="archive has no tag 'none'"):
        tagging.move(tagged, "Lakes", "none")


def test_a_tag_with_others_under_it_is_not_deleted_and_one_without_leaves_its_images(
    tagged: Archive,
) -> None:
    tagging.apply(tagged, "Lakes", of_digests([ONE]))
    tagging.apply(tagged, "Places", of_digests([ONE]))
    for act in (tagging.to_delete, tagging.delete):
        with pytest.raises(UsageProblem, match="has tags under it: Places/Lakes"):
            act(tagged, "Places")
    assert tagging.to_delete(tagged, "Lakes").images == 1
    assert tagging.delete(tagged, "Lakes").images == 1
    assert [(tag.path, tag.images) for tag in tagging.listed(tagged)] == [("Places", 1)]
    assert tagging.create(tagged, "New")[0].id == 2, "the lowest free number"


def test_a_tag_is_taken_away_with_all_under_it(tagged: Archive) -> None:
    tagging.apply(tagged, "Lakes", of_digests([ONE, TWO]))
    tagging.apply(tagged, "Places", of_digests([ONE]))
    done = tagging.clear(tagged, "Places", of_digests([ONE]))
    assert (done.changed, done.meant) == (1, 1)
    assert [tag.images for tag in tagging.listed(tagged)] == [0, 1]
    assert tagging.clear(tagged, "Places", of_digests([ONE])).changed == 0
    with pytest.raises(UsageProblem, match="No images were chosen"):
        tagging.clear(tagged, "Places", of_digests([]))
