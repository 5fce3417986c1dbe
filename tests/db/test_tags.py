from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fapproc.archive import Archive
from fapproc.db import images, schema, tags
from fapproc.db.dialect import numbers
from fapproc.model import Format, Tag
from tests.db.memory import rows_in_memory


def test_the_tree_comes_depth_first_and_siblings_by_name(archive: Archive) -> None:
    with archive.writing() as connection:
        for name, parent in [
            ("places", None),
            ("Zoo", None),
            ("animals", None),
            ("lakes", 1),
            ("Hills", 1),
        ]:
            tags.create(connection, name, parent)
        assert [tag.path for tag in tags.tree(connection)] == [
            "animals",
            "places",
            "places/Hills",
            "places/lakes",
            "Zoo",
        ]


def test_a_tag_says_how_many_images_it_has_and_how_large_they_are(archive: Archive) -> None:
    with archive.writing() as connection:
        tag = tags.create(connection, "lakes", None)
        ids = [images.add(connection, c * 64, 100, Format.JPG, 1) for c in "abc"]
        assert tags.apply(connection, tag, numbers(ids[:2])) == 2
        assert tags.apply(connection, tag, numbers(ids[1:])) == 1
        assert tags.tree(connection) == [Tag(1, None, "lakes", "lakes", images=3, bytes=300)]
        assert tags.tags_of(connection, ids) == {number: ["lakes"] for number in ids}
        carried = select(schema.image_tag.c.image_id).where(schema.image_tag.c.tag_id == 99)
        assert connection.scalars(carried).all() == []


def test_an_image_names_its_tags_by_lineage(archive: Archive) -> None:
    with archive.writing() as connection:
        top = tags.create(connection, "places", None)
        below = tags.create(connection, "lakes", top)
        other = tags.create(connection, "blue", None)
        one, two = (images.add(connection, c * 64, 1, Format.JPG, 1) for c in "ab")
        for tag in (below, other):
            tags.apply(connection, tag, numbers([one]))
        assert tags.tags_of(connection, [one, two]) == {one: ["blue", "places/lakes"]}


def test_a_tag_is_found_by_name_in_any_case(archive: Archive) -> None:
    with archive.writing() as connection:
        number = tags.create(connection, "Straße", None)
        assert tags.by_name(connection, "STRASSE") == number
        assert tags.by_name(connection, "strasse/") is None


@settings(max_examples=30)
@given(st.sets(st.integers(1, 12)))
def test_a_new_tag_takes_the_lowest_free_number(gone: set[int]) -> None:
    with rows_in_memory() as connection:
        for number in range(1, 13):
            assert tags.create(connection, f"tag {number}", None) == number
        connection.execute(schema.tag.delete().where(schema.tag.c.id.in_(gone)))
        assert tags.create(connection, "new", None) == min(gone, default=13)
