"""Groups and images listed more than once."""

import re

from flask.testing import FlaskClient

from fapproc.db import images, looks, sameness
from fapproc.db.sameness import Told
from fapproc.jobs import judging
from fapproc.jobs.sameness import tell_sameness
from fapproc.looks import Look
from fapproc.model import Facts, Verdict
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body, thumbs
from webviewer.duplicates import GROUPS, PAIRS, THUMBS


def address(number: int) -> str:
    return f"/viewer/duplicate/{digest(number)}/"


def test_groups_are_listed_with_thumbnails_counts_and_verdicts(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.group(1, 2, 3)
    page = body(client, "/viewer/duplicates/")
    assert "1 group of 3 images, 1 needs your verdict." in page
    assert set(thumbs(page)) == {digest(1), digest(2), digest(3)}
    assert page.count('class="verdict new"') == 3


def test_the_list_is_paged_and_shows_a_few_images_of_a_large_group(
    client: FlaskClient, shelf: Shelf
) -> None:
    count = 2 * GROUPS
    shelf.fill(ANNA, MEADOW, range(1, count + 20))
    shelf.derive()
    for number in range(1, count, 2):
        shelf.group(number, number + 1)
    shelf.group(*range(count + 1, count + 20))
    assert len(thumbs(body(client, "/viewer/duplicates/"))) == 2 * GROUPS
    last = body(client, "/viewer/duplicates/?page=2")
    assert len(thumbs(last)) == THUMBS
    assert f"+{19 - THUMBS}" in last


def test_a_group_opens_by_any_of_its_digests(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2)
    page = body(client, address(1))
    led_by = 'data-digest="{}"'  # from there on the page that judges goes on
    other = body(client, address(2)).replace(led_by.format(digest(2)), led_by.format(digest(1)))
    assert other.count(digest(1)) == page.count(digest(1))
    shouted = body(client, address(1).replace(digest(1), digest(1).upper()))
    assert shouted.count(digest(1)) == page.count(digest(1))
    assert "May be one picture" in page
    assert re.search(r"percept</th>.*?<td>2</td>", page, re.DOTALL)
    assert "48 \N{MULTIPLICATION SIGN} 40" in page
    assert "Suggested best." not in page
    assert "The best was not looked for yet." in page


def test_the_best_is_named_with_what_is_the_same_as_it_else_why_none_is(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    tell_sameness(shelf.archive, lambda *_: None)
    assert "None is suggested as the best: they differ in more" in body(client, address(1))
    group, one, other = 1, shelf.stored(1).id, shelf.stored(2).id
    with shelf.archive.writing() as connection:
        sameness.forget(connection, [group])
        sameness.save(connection, {group: Told("", ((one, other),), one)})
    page = body(client, address(1))
    assert page.count("Suggested best.") == 1
    assert page.count("The same except for size or quality.") == 1


def test_in_what_way_two_images_are_the_same_is_told_by_their_numbers_on_the_page(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.group(1, 2, 3)
    one, two, three = (shelf.stored(number).id for number in (1, 2, 3))
    seen = {
        (one, two): Look(0.9, same=True, mirrored=True, part_of_first=(0.1, 0.1, 0.9, 0.9)),
        (two, three): Look(0.2, same=False),
    }
    with shelf.archive.writing() as connection:
        looks.save(connection, 1, seen)
    page = body(client, address(1))
    order = re.findall(r'id="([0-9a-f]{64})" aria-labelledby', page)
    first, second, third = (1 + order.index(digest(number)) for number in (1, 2, 3))
    part = page.partition('class="ways"')[2]
    told = re.findall(r'(Image \d)</a> and <a href="#\w+">(image \d)</a>: (.*?)</li>', part)
    mirrored = f"mirrored; cropped: image {second} shows 64% of image {first}, its middle."
    refused = "not the same picture when laid over each other."
    assert set(told) == {
        (f"Image {first}", f"image {second}", mirrored),
        (f"Image {second}", f"image {third}", refused),
    }


def test_a_member_tells_its_places_tags_and_hashes(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2)
    with shelf.archive.writing() as connection:
        encoder = images.add_encoder(connection, "percept", "1")
        images.save_codes(connection, {shelf.stored(1).id: {encoder: bytes(range(8))}})
    page = body(client, address(1))
    assert "0001020304050607" in page
    assert f'href="/viewer/favorite/{ANNA}/{MEADOW}/?image=1#1"' in page
    assert "Meadow" in page


def test_an_image_listed_twice_has_a_page_of_its_own(client: FlaskClient, shelf: Shelf) -> None:
    shelf.user(8800, "Bob", {222: "Hills"})
    shelf.fill(8800, 222, [2, 3])
    listed = body(client, "/viewer/duplicates/")
    assert "2 images, each stored once; 2 need your verdict." in listed
    page = body(client, address(2))
    assert "listed at 2 places" in page
    assert "Hills" in page
    assert "Meadow" in page
    assert '<span class="word">twin elsewhere</span>' in body(
        client, f"/viewer/favorite/{ANNA}/{MEADOW}/"
    )


def test_previous_and_next_walk_one_list(client: FlaskClient, shelf: Shelf) -> None:
    shelf.user(8800, "Bob", {222: "Hills"})
    shelf.fill(8800, 222, [4, 5])
    shelf.group(1, 2)
    shelf.group(3, 4)
    first = min(digest(1), digest(2))
    second = min(digest(3), digest(4))
    assert f'rel="next" href="/viewer/duplicate/{second}/"' in body(client, address(1))
    assert f'rel="prev" href="/viewer/duplicate/{first}/"' in body(client, address(4))
    assert f'rel="prev" href="{address(4)}"' in body(client, address(5))


def test_alternates_name_each_other_and_lead_to_each_other(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    assert "Alternate of" not in body(client, address(1))
    judging.set_verdicts(shelf.archive, digest(1), {digest(1): Verdict.ALTERNATE})
    page = body(client, address(1))
    for one in (1, 2):
        assert re.search(rf'Alternate of\s*<a class="code" href="{address(one)}">', page)


def test_of_a_huge_group_not_every_pair_is_shown(client: FlaskClient, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, range(1, PAIRS + 10))
    shelf.group(*range(1, PAIRS + 10))
    page = body(client, address(1))
    assert f"The first {PAIRS} of {PAIRS + 8} pairs" in page


def test_a_group_whose_verdicts_came_from_others_asks_for_a_look(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    with shelf.archive.writing() as connection:
        connection.exec_driver_sql("UPDATE group_member SET verdict = 'keep'")
        connection.exec_driver_sql("UPDATE duplicate_group SET to_look = 1")
    assert "1 group of 2 images, 1 needs your verdict." in body(client, "/viewer/duplicates/")
    assert "Look at them again." in body(client, address(1))


def test_sizes_of_a_group_are_those_that_are_seen(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2)
    with shelf.archive.writing() as connection:
        turned = Facts(48, 40, animated=False, orientation=6)
        images.set_derived(connection, shelf.stored(1).id, turned, None)
    page = client.get(f"/viewer/duplicate/{digest(1)}/").text
    assert re.search("<strong>40 . 48</strong>", page) and re.search(
        "<strong>48 . 40</strong>", page
    )
    assert 'width="40" height="48"' in page
