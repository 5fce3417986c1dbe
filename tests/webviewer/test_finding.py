"""Beside the lists of duplicates it is set how near two images must be; groups are forgotten."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.commandline.searching import RULE, search_model
from fapproc.db import duplicates, judgements
from fapproc.dedup.registry import METHODS
from fapproc.jobs import check, configuration, inventory, judging
from fapproc.jobs.configuration import Sensitivities
from fapproc.model import Verdict
from tests.webviewer.shelf import Shelf, digest
from tests.webviewer.test_pages import body

PAGE = "/viewer/duplicates/"
KINDS = ("regular", "animated")


def standing(archive: Archive) -> Sensitivities:
    return configuration.sensitivities(archive, RULE, search_model())


def shown(client: FlaskClient) -> dict[str, str]:
    """What the form sends as it is shown."""
    page = body(client, PAGE)
    values = dict(re.findall(r'name="((?:regular|animated)_\w+)" value="([^"]*)"', page))
    ticked = re.findall(r'name="(enabled_\w+)" value="1" aria-label="[^"]*" checked', page)
    assert len(values) == len(KINDS) * len(METHODS)
    return values | dict.fromkeys(ticked, "1")


def told(client: FlaskClient, done: TestResponse) -> str:
    assert done.status_code == 303, done.text
    return body(client, done.location)


def test_a_form_that_changes_nothing_sets_nothing(client: FlaskClient, archive: Archive) -> None:
    form = shown(client)
    assert "enabled_regular_percept" in form
    assert "No sensitivity was changed" in told(client, client.post(PAGE, data=form))
    assert set(standing(archive).origins.values()) == {"default"}


def test_what_is_changed_is_set_for_the_archive_and_what_is_unticked_is_off(
    client: FlaskClient, archive: Archive
) -> None:
    form = shown(client) | {"regular_percept": "6"}
    for method in ("diff", "cnn"):
        del form[f"enabled_regular_{method}"]
        form.pop(f"enabled_animated_{method}", None)
    assert "The sensitivities are saved" in told(client, client.post(PAGE, data=form))
    found = standing(archive)
    assert found.in_force.regular["percept"] == 6
    assert {found.in_force.regular[name] for name in ("diff", "cnn")} == {-1}
    assert {name for name, origin in found.origins.items() if origin == "archive"} == {
        "percept", "diff", "cnn",
    }  # fmt: skip
    assert "set here" in body(client, PAGE)
    again = shown(client)
    assert "enabled_regular_diff" not in again and again["regular_percept"] == "6"
    done = client.post(PAGE, data=again | {"do": "suggested"})
    assert "All sensitivities are the suggested ones" in told(client, done)
    assert set(standing(archive).origins.values()) == {"default"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("regular_percept", "16", "For pictures: sensitivity 16 for percept"),
        ("animated_percept", "-2", "For animations: sensitivity -2 for percept"),
        ("regular_average", "2.5", "give a whole number from 0 to 15"),
        ("regular_cnn", "1.5", "For pictures: sensitivity 1.5 for cnn"),
        ("regular_cnn", "nan", "For pictures: sensitivity nan for cnn"),
        ("regular_percept", "many", "percept for pictures: &#39;many&#39; is not a number"),
        ("regular_percept", "", "is not a number"),
        ("animated_percept", "9", "it must be as strict as that of other images"),
    ],
)
def test_what_is_out_of_its_bounds_is_said_beside_what_was_written(
    client: FlaskClient, archive: Archive, field: str, value: str, sentence: str
) -> None:
    before = standing(archive).in_force
    form = shown(client) | {field: value, f"enabled_{field}": "1"}
    done = client.post(PAGE, data=form)
    assert done.status_code == 422
    assert sentence in done.text and "Nothing was saved" in done.text
    assert not value or f'name="{field}" value="{value}"' in done.text
    assert standing(archive).in_force == before


def forgotten(client: FlaskClient, which: str) -> str:
    address = f"{PAGE}forget/{which}/"
    found = re.search(r'name="plan" value="(\w+)"', body(client, address))
    assert found is not None
    return told(client, client.post(address, data={"plan": found[1]}))


@pytest.fixture
def judged(archive: Archive, shelf: Shelf) -> list[int]:
    """A group that is judged, with two that are different, and one that waits."""
    shelf.group(1, 2, 3)
    shelf.group(4, 5)
    said = {digest(1): Verdict.KEEP, digest(2): Verdict.SKIP, digest(3): Verdict.FALSE}
    judging.set_verdicts(archive, digest(1), said)
    return [group.id for group in inventory.groups(archive)]


def test_groups_that_wait_are_forgotten_and_the_others_stay(
    client: FlaskClient, archive: Archive, shelf: Shelf, judged: list[int]
) -> None:
    with archive.writing() as connection:  # one that has left its group, with what was said of it
        duplicates.release(connection, [shelf.stored(2).id])
    assert "New 2 (50.0%), different 1 (25.0%), alternate 0 (0.0%), keep 1 (25.0%), skip 0" in (
        body(client, PAGE)
    )
    page = body(client, f"{PAGE}forget/waiting/")
    assert "1 group of 2 images." in page
    assert "Forgot 1 group of 2 images." in forgotten(client, "waiting")
    assert [group.id for group in inventory.groups(archive)] == judged[:1]
    with archive.reading() as connection:
        assert judgements.called_different(connection, range(99))
        said = judgements.memberships(connection)
    assert said[shelf.stored(2).id].verdict is Verdict.SKIP
    assert not [each for each in check.check(archive).findings if "figure" in each.sentence]


def test_all_groups_are_forgotten_with_every_word_and_pictures_stay(
    client: FlaskClient, archive: Archive, judged: list[int]
) -> None:
    assert "Forgot 2 groups of 5 images, 3 of them judged." in forgotten(client, "all")
    assert list(inventory.groups(archive)) == []
    with archive.reading() as connection:
        assert judgements.memberships(connection) == {}
        assert judgements.called_different(connection, range(99)) == []
    assert len(list(inventory.entries(archive))) == 5
    assert not [each for each in check.check(archive).findings if "figure" in each.sentence]
    assert "There are none" in body(client, f"{PAGE}forget/all/")


def test_where_groups_have_changed_meanwhile_none_is_forgotten(
    client: FlaskClient, archive: Archive, judged: list[int]
) -> None:
    found = re.search(r'name="plan" value="(\w+)"', body(client, f"{PAGE}forget/all/"))
    assert found is not None
    judging.set_verdicts(archive, digest(4), {digest(4): Verdict.KEEP, digest(5): Verdict.SKIP})
    done = client.post(f"{PAGE}forget/all/", data={"plan": found[1]})
    assert done.status_code == 412
    assert "look again" in done.text and "5 of them judged" in done.text
    assert len(list(inventory.groups(archive))) == 2
    assert client.get(f"{PAGE}forget/judged/").status_code == 404
