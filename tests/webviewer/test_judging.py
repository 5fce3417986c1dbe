"""Judging by forms: what is saved, what is refused, what comes next, and taking it back."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.db import looks, sameness
from fapproc.db.sameness import Told
from fapproc.jobs import inventory, judging, pruning
from fapproc.looks import Look
from fapproc.model import Verdict
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body
from tests.webviewer.visitors import browser

HILLS = 222
BOB = 8800


def address(number: int) -> str:
    return f"/viewer/duplicate/{digest(number)}/"


def fields(page: str) -> dict[str, str]:
    """What the page's form sends if nothing is touched."""
    form = page.partition('id="judging"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return sent | dict(re.findall(r'type="radio" name="([^"]+)" value="(\w+)" checked', form))


def say(client: FlaskClient, number: int, **said: str) -> TestResponse:
    """Open a group, say something of it, and send the form."""
    sent = fields(body(client, address(number)))
    return client.post(address(number), data=sent | said)


def verdicts(archive: Archive) -> dict[str, str]:
    return {d: str(v) for group in inventory.groups(archive) for d, v in group.verdicts.items()}


def tell_best(shelf: Shelf, group: int, *numbers: int) -> None:
    """Make the first of these the best of a group, and the others the same as it."""
    rows = tuple(shelf.stored(number).id for number in numbers)
    with shelf.archive.writing() as connection:
        sameness.save(connection, {group: Told("", (rows,), rows[0])})


def test_verdicts_of_a_form_are_saved_and_lead_to_the_next_group_that_waits(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    shelf.group(3, 4)
    told = say(client, 1, **{digest(1): "keep", digest(2): "skip"})
    assert told.status_code == 303
    assert told.location == f"/viewer/duplicate/{min(digest(3), digest(4))}/?saved=1"
    assert verdicts(archive)[digest(1)] == "keep" and verdicts(archive)[digest(2)] == "skip"
    page = body(client, told.location)
    assert "Saved</strong>" in page and "1 keep, 1 skip" in page
    told = say(client, 3, **{digest(3): "keep", digest(4): "keep"})
    assert told.location == "/viewer/duplicates/?saved=2"  # none waits
    assert "Saved</strong>" in body(client, told.location)


def test_a_form_of_a_browser_carries_its_token(app: Flask, archive: Archive, shelf: Shelf) -> None:
    shelf.group(1, 2)
    client = browser(app)
    sent = fields(body(client, address(1)))
    token = sent.pop("csrf_token")
    assert client.post(address(1), data=sent).status_code == 403
    assert set(verdicts(archive).values()) == {"new"}
    sent |= {"csrf_token": token, digest(1): "keep", digest(2): "keep"}
    assert client.post(address(1), data=sent).status_code == 303


def test_what_is_proposed_is_accepted_with_one_button(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2, 3)
    assert "Nothing is proposed" in body(client, address(1))
    tell_best(shelf, 1, 2, 1)
    page = body(client, address(1))
    assert page.count("proposed: ") == 2
    assert say(client, 1, do="accept").status_code == 303
    assert verdicts(archive) == {digest(1): "skip", digest(2): "keep", digest(3): "new"}


def test_what_was_said_of_another_version_is_not_saved_and_stays_in_the_form(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    stale = fields(body(client, address(1)))
    say(client, 1, **{digest(1): "skip", digest(2): "keep"})
    told = client.post(address(1), data=stale | {digest(1): "keep", digest(2): "skip"})
    assert told.status_code == 412
    assert "has changed since it was shown" in told.text
    assert verdicts(archive)[digest(1)] == "skip"
    assert told.text.count("saved: ") == 2
    again = fields(told.text)
    assert again[digest(1)] == "keep"  # what the person wanted, of the version that stands
    assert client.post(address(1), data=again).status_code == 303
    assert verdicts(archive)[digest(1)] == "keep"


def test_a_form_without_a_version_is_refused(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2)
    assert client.post(address(1), data={digest(1): "keep"}).status_code == 428


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({1: "skip", 2: "skip"}, "Every image of the group would be skipped"),
        (
            {1: "perhaps", 2: "keep"},
            "is not a verdict: there are new, false, alternate, keep, skip",
        ),
        ({1: None, 2: "keep"}, "says nothing of"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_sentence(
    client: FlaskClient, archive: Archive, shelf: Shelf, said: dict[int, str | None], sentence: str
) -> None:
    shelf.group(1, 2)
    sent = fields(body(client, address(1)))
    for number, each in said.items():
        sent[digest(number)] = each or ""
    told = client.post(address(1), data={name: each for name, each in sent.items() if each})
    assert told.status_code == 422
    assert sentence in told.text
    assert 'role="alert"' in told.text
    assert set(verdicts(archive).values()) == {"new"}


def test_places_are_judged_and_what_follows_is_told(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [1, 5])
    shelf.group(1, 2)
    page = body(client, address(1))
    here, there = f"{ANNA}_{MEADOW}_1", f"{BOB}_{HILLS}_1"
    assert {here, there} <= set(fields(page))
    told = say(client, 1, **{here: "skip", there: "skip", digest(1): "keep"})
    assert told.status_code == 422
    assert "would be skipped at every place" in told.text
    told = say(client, 1, **{digest(1): "skip", digest(2): "keep"})
    assert told.status_code == 303
    assert "is skipped, so it is at all 2 places." in body(client, told.location)
    assert fields(body(client, address(1)))[here] == "skip"
    # An image in no group has places alone.
    assert say(client, 5, **{f"{BOB}_{HILLS}_5": "skip"}).status_code == 303
    refused = say(client, 5, **{f"{ANNA}_{MEADOW}_5": "skip"})
    assert refused.status_code == 422
    assert fields(body(client, address(5)))[f"{ANNA}_{MEADOW}_5"] == "new"


def test_the_last_decision_is_taken_back_by_a_button(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    say(client, 1, **{digest(1): "keep", digest(2): "skip"})
    assert 'name="decision" value="1"' in body(client, "/viewer/duplicates/")
    told = client.post("/viewer/undo/", data={"decision": "1"})
    assert told.location == f"/viewer/duplicate/{min(digest(1), digest(2))}/"
    assert set(verdicts(archive).values()) == {"new"}
    assert 'name="decision"' not in body(client, told.location)
    for decision, status in (("1", 400), ("", 400), ("x", 400), ("9" * 30, 404)):
        again = client.post("/viewer/undo/", data={"decision": decision})
        assert again.status_code == status, decision


def test_a_prune_whose_bin_was_emptied_has_no_button_to_undo_it(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    say(client, 1, **{digest(1): "keep", digest(2): "skip"})
    number = pruning.prune(archive, pruning.plan(archive)).decision
    button = f'name="decision" value="{number}"'
    pages = ("/viewer/duplicates/", "/viewer/decisions/")
    assert all(button in body(client, page) for page in pages)
    pruning.prune(archive, pruning.plan(archive))
    assert not any(button in body(client, page) for page in pages)
    assert "deleted from the bin since" in body(client, "/viewer/decisions/")


def test_a_decision_that_cannot_be_read_hides_no_page(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    say(client, 1, **{digest(1): "keep", digest(2): "skip"})
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE decision SET before = '{}'")
    for page in ("/viewer/duplicates/?saved=1", address(1)):
        # Whether it can be read is not asked.
        assert 'name="decision" value="1"' in body(client, page)
    told = client.post("/viewer/undo/", data={"decision": "1"})
    assert told.status_code == 500 and "Decision 1 of the log can&#39;t be read" in told.text
    assert say(client, 1, **{digest(1): "skip", digest(2): "keep"}).status_code == 303


def test_judging_goes_on_where_it_was(client: FlaskClient, archive: Archive, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 8))
    for pair in ((1, 2), (3, 4), (5, 6)):
        shelf.group(*pair)
    firsts = [f"/viewer/duplicate/{min(map(digest, p))}/" for p in ((1, 2), (3, 4), (5, 6))]

    def following(query: str = "") -> str | None:
        told = client.get(f"/viewer/duplicates/next/{query}")
        assert told.status_code == 303
        return told.location

    assert following() == firsts[0]
    assert following(f"?after={digest(2)}") == firsts[1]
    assert following(f"?after={digest(6)}") == firsts[0]
    assert following(f"?after={'a' * 64}") == firsts[0]
    judging.set_verdicts(archive, digest(3), dict.fromkeys(map(digest, (3, 4)), Verdict.KEEP))
    assert following() == firsts[2]  # after the one that was judged last
    judging.undo(archive)
    assert following() == firsts[1]
    for pair in ((1, 2), (3, 4), (5, 6)):
        said = dict.fromkeys(map(digest, pair), Verdict.KEEP)
        judging.set_verdicts(archive, digest(pair[0]), said)
    assert following() == "/viewer/duplicates/"


def test_after_the_groups_come_images_that_are_listed_more_than_once(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [4, 5])
    shelf.group(1, 2)
    told = say(client, 1, **{digest(1): "keep", digest(2): "skip"})
    assert told.location.startswith(address(4))
    told = say(client, 4, **{f"{BOB}_{HILLS}_4": "skip", f"{ANNA}_{MEADOW}_4": "keep"})
    assert told.location.startswith(address(5))


def test_lists_show_what_waits_what_was_judged_or_one_kind(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [5])
    shelf.group(1, 2)
    shelf.group(3, 4)
    say(client, 1, **{digest(1): "keep", digest(2): "skip"})

    def shown(query: str) -> set[str]:
        page = body(client, f"/viewer/duplicates/{query}")
        return set(re.findall(r'<a href="/viewer/duplicate/(\w+)/[^"]*">', page))

    judged, waiting, twice = min(map(digest, (1, 2))), min(map(digest, (3, 4))), digest(5)
    assert shown("") == shown("?state=&kind=") == {judged, waiting, twice}
    assert shown("?state=waiting") == {waiting, twice}
    assert shown("?state=judged") == {judged}
    assert shown("?state=waiting&kind=places") == {twice}
    assert shown("?kind=alike") == {judged, waiting}
    assert shown("?state=look") == set()
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE duplicate_group SET to_look = 1 WHERE id = 1")
    assert shown("?state=look") == {judged}


def test_lists_and_judging_go_in_the_order_that_is_asked_for(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 10))
    for album in range(HILLS, HILLS + 3):
        shelf.user(BOB, "Bob", {each: f"Hills {each}" for each in range(HILLS, album + 1)})
        shelf.fill(BOB, album, range(7, 7 + album - HILLS + 1))
    of_groups = ((1, 2), (3, 4, 5))
    for members in of_groups:
        shelf.group(*members)
    rows = {number: shelf.stored(number).id for number in range(1, 10)}
    seen = {
        (1, 2): Look(0.99, same=True),
        (3, 4): Look(0.5, same=True),
        (3, 5): Look(1, same=False),
    }
    with archive.writing() as connection:
        looks.save(connection, 1, {(rows[a], rows[b]): look for (a, b), look in seen.items()})
        for number, size in (
            (1, 900),
            (2, 80),
            (3, 70),
            (4, 60),
            (5, 50),
            (7, 30),
            (8, 100),
            (9, 10),
        ):
            sizes = (size, rows[number])
            connection.exec_driver_sql("UPDATE image SET bytes = ? WHERE id = ?", sizes)
    pair, three = (min(map(digest, members)) for members in of_groups)
    seven, eight, nine = map(digest, (7, 8, 9))
    in_order = {
        "found": [pair, three, seven, eight, nine],
        "alike": [pair, three, seven, eight, nine],
        "saving": [three, pair, eight, seven, nine],
        "images": [three, pair, seven, eight, nine],
        "": [pair, three, seven, eight, nine],
    }
    for order, wanted in in_order.items():
        page = body(client, f"/viewer/duplicates/?order={order}")
        assert re.findall(r'<a href="/viewer/duplicate/(\w+)/[^"]*">', page) == wanted, order
        asked, found = f"/viewer/data/queue/?n=1&order={order}", list[str]()
        while groups := client.get(f"{asked}&after={found[-1] if found else ''}").get_json()[
            "groups"
        ]:
            found += [each["digest"] for each in groups]
        assert found == wanted, order
    # A form leads on in that order; another order than before begins with its first.
    first = client.get("/viewer/duplicates/next/?order=saving").location
    assert first == f"/viewer/duplicate/{three}/?order=saving"
    said = dict.fromkeys(map(digest, (3, 4, 5)), "keep")
    told = client.post(first, data=fields(body(client, first)) | said)
    assert re.fullmatch(rf"/viewer/duplicate/{pair}/\?saved=1&order=saving", told.location)
    there = f"/viewer/duplicate/{pair}/?order=saving"
    assert client.get("/viewer/duplicates/next/").location == there
    kept = {"digest": eight, "kind": "places", "order": "saving"}
    assert client.put("/viewer/data/position/", json=kept).status_code == 204
    for query in ("", "?kind=places&order=saving"):
        there = client.get(f"/viewer/duplicates/next/{query}").location
        assert there == f"/viewer/duplicate/{eight}/?kind=places&order=saving"
    assert client.put("/viewer/data/position/", json=kept | {"order": "x"}).status_code == 400


def test_a_picture_of_a_group_that_is_listed_twice_does_not_lead_back(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [2, 3, 4])
    shelf.group(1, 2)
    of_group, two, three, four = min(map(digest, (1, 2))), *map(digest, (2, 3, 4))

    def gone_through(query: str) -> list[str]:
        found: list[str] = []
        while len(found) < 6:
            asked = f"/viewer/data/queue/?n=1&{query}&after={found[-1] if found else ''}"
            if not (groups := client.get(asked).get_json()["groups"]):
                break
            found.append(groups[0]["digest"])
        return found

    def following(query: str) -> str:
        return client.get(f"/viewer/duplicates/next/?{query}&after={two}").location

    assert gone_through("kind=places") == [two, three, four]
    assert following("kind=places") == f"/viewer/duplicate/{three}/?kind=places"
    for state in ("all", "waiting"):  # the group asks for the places too
        assert gone_through(f"state={state}") == [of_group, three, four]
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE group_member SET verdict = 'keep'")
    assert gone_through("state=waiting") == [two, three, four]
    assert following("state=waiting") == f"/viewer/duplicate/{three}/"


def test_scores_are_shown_on_one_scale_too(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2, score=2)
    assert re.search(r"<td>2</td>\s*<td><meter[^>]*></meter> 5.0</td>", body(client, address(1)))
