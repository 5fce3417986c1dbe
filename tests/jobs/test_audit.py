"""Rounds of audits, what is due, and what the record of gone images learns from what was seen."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from fapproc.archive import Archive
from fapproc.db import catalogue, images, listings, observations, schema
from fapproc.db.owners import OWNER, owner
from fapproc.errors import FapError
from fapproc.jobs import audit
from fapproc.jobs.audit import Reconciliation
from fapproc.jobs.ingest import Miss
from fapproc.model import (
    AUDIT_REST_SECONDS,
    LOCAL_DISK,
    LOCAL_DISK_NAME,
    Detail,
    Folder,
    FolderKind,
    Format,
    Gone,
    Level,
    Listed,
    Observation,
    Reason,
    User,
    UserId,
)
from fapproc.sources import Source
from fapproc.vault.store import digest_of
from tests.db.memory import rows_in_memory
from tests.shelves import AT, NAME, USER, blob, fill, numbered, small

DAY = 86400
OTHER = 7701
ANN, BEN = UserId(USER), UserId(OTHER)
PLACES = {(ANN, 111): [1, 2, 3, 4], (ANN, 112): [3, 4, 5], (BEN, 113): [4, 5, 6]}
LEVELS = st.sampled_from([None, *Level])
SEEN = st.dictionaries(st.integers(1, 6), LEVELS, max_size=6)


def shelve(connection: Connection) -> None:
    """Two users; ids 3, 4 and 5 are listed at several places, and 4 is an id of ours as well."""
    for user in (ANN, BEN, LOCAL_DISK):
        catalogue.save_user(connection, user, f"user {user}")
    for (user, album), ids in {**PLACES, (LOCAL_DISK, 1): [4]}.items():
        catalogue.save_folders(connection, user, [Folder(album, "Hills")], 1)
        catalogue.set_kind(connection, user, album, FolderKind.PICTURES)
        listings.add_page(connection, user, album, [Listed(number, None) for number in ids])
    for number in range(1, 7):
        row = images.add(connection, f"{number:064}", number, Format.JPG, 1)
        listings.record_images(connection, [(number, row, None)], source=Source.SITE)
    row = images.add(connection, "a" * 64, 9, Format.JPG, 1)
    listings.record_images(connection, [(4, row, None)], source=Source.DISK)


def on_record(connection: Connection) -> dict[tuple[UserId, int], dict[int, tuple[str, int]]]:
    """Level and time of what is gone, by album and id."""
    found: dict[tuple[UserId, int], dict[int, tuple[str, int]]] = {}
    named = select(schema.gone, *OWNER).join(schema.user, schema.user.c.id == schema.gone.c.user_id)
    for row in connection.execute(named):
        found.setdefault((owner(row), row.album_id), {})[row.site_id] = (row.level, row.at)
    return found


def naive(history: list[Mapping[int, Level | None]]) -> dict[int, tuple[str, int]]:
    """What is gone after all this was seen, each step at its own time."""
    found: dict[int, tuple[str, int]] = {}
    for at, seen in enumerate(history, start=1):
        for number, level in seen.items():
            if level is None:
                found.pop(number, None)
            else:
                found[number] = (level, found[number][1] if number in found else at)
    return found


def reconcile(connection: Connection, user: UserId) -> Reconciliation:
    planned = audit.decide(observations.unlike(connection, user))
    observations.set_gone(connection, [*planned.noticed, *planned.changed], source=Source.SITE)
    observations.forget_gone(
        connection, [entry.image for entry in planned.back], source=Source.SITE
    )
    return planned


@given(
    history=st.lists(SEEN, max_size=6),
    reconciled=st.sets(st.integers(1, 6)),
    batch=st.integers(1, 6),
    chance=st.randoms(use_true_random=False),
)
def test_what_was_seen_in_any_order_and_batches_gives_what_a_naive_model_says(
    history: list[Mapping[int, Level | None]], reconciled: set[int], batch: int, chance: object
) -> None:
    with rows_in_memory() as connection:
        shelve(connection)
        for at, seen in enumerate(history, start=1):
            entries = [Observation(number, level, "there") for number, level in seen.items()]
            chance.shuffle(entries)  # type: ignore[attr-defined]  # hypothesis gives a Random
            for start in range(0, len(entries), batch):
                observations.record(
                    connection, entries[start : start + batch], at, source=Source.SITE
                )
            if at in reconciled:
                reconcile(connection, ANN)
        for user in (ANN, BEN):
            reconcile(connection, user)
        expected = naive(history)
        assert on_record(connection) == {
            place: here
            for place, ids in PLACES.items()
            if (here := {number: expected[number] for number in ids if number in expected})
        }
        assert reconcile(connection, ANN) == reconcile(connection, BEN) == Reconciliation()
        assert observations.count_gone(connection) == len(expected)
        assert observations.count_gone_of_user(connection, ANN) == len(expected.keys() - {6})
        rows = {row.id: number for number, row in enumerate(images.every(connection), start=1)}
        shown = observations.gone_of(connection, rows)
        assert {rows[row]: (g.level, g.at) for row, (g,) in shown.items()} == expected


def test_what_is_seen_later_counts_and_an_older_look_changes_nothing() -> None:
    with rows_in_memory() as connection:
        shelve(connection)
        observations.record(
            connection, [Observation(1, Level.PAGE, "there")], 20, source=Source.SITE
        )
        observations.record(connection, [Observation(1)], 10, source=Source.SITE)
        assert reconcile(connection, ANN).noticed == (Gone(1, Level.PAGE, "there", 20),)


def test_what_is_gone_from_one_source_says_nothing_of_the_same_id_at_another() -> None:
    with rows_in_memory() as connection:
        shelve(connection)
        gone = Gone(4, Level.PAGE, "there", 20)
        seen = [Observation(4, Level.PAGE, "there")]
        observations.record(connection, seen, 20, source=Source.DISK)
        assert reconcile(connection, ANN) == Reconciliation()
        observations.set_gone(connection, [gone], source=Source.DISK)
        assert on_record(connection) == {(LOCAL_DISK, 1): {4: ("page", 20)}}
        due = [sought.image for sought in observations.due(connection, ANN, 20, 30)]
        assert due == [1, 2, 3, 4, 5]
        assert observations.count_seen(connection, ANN, 20, 30) == 0
        assert observations.count_gone(connection) == 1
        assert observations.count_gone_of_user(connection, ANN) == 0
        assert observations.count_gone_in_albums(connection, ANN) == {}
        assert list(observations.gone_of(connection, range(1, 8)).values()) == [[gone]]
        observations.forget_gone(connection, [4], source=Source.SITE)
        assert observations.count_gone(connection) == 1
        observations.forget_gone(connection, [4], source=Source.DISK)
        assert observations.count_gone(connection) == 0


def test_an_album_takes_along_what_was_seen_of_it(archive: Archive) -> None:
    fill(archive, {"Lakes": numbered(small(1)), "Hills": numbered(small(1))})
    audit.record(archive, [Observation(1201, Level.FILE, "there")], at=AT, source=Source.SITE)
    audit.reconcile(archive, user_of(archive), audit.plan(archive, user_of(archive)), at=AT)
    counts = []
    for doomed in (schema.album.c.id == 112, schema.user.c.number == USER):
        with archive.writing() as connection:
            connection.execute(delete(doomed.left.table).where(doomed))
            counts.append(
                [
                    len(connection.execute(select(t)).all())
                    for t in (schema.observation, schema.gone)
                ]
            )
    assert counts == [[1, 1], [0, 0]]


def user_of(archive: Archive) -> User:
    return audit.find_user(archive, user_id=USER, name=None, source=Source.SITE)


def due(archive: Archive, found: audit.Round) -> list[int]:
    return [sought.image for sought in audit.due(archive, found, after=(0, 0))]


@pytest.fixture
def lakes(archive: Archive) -> Archive:
    """Three pictures at five places, and a failure."""
    pictures = numbered(small(1), small(2), small(3))
    miss = Miss(1300, Reason.PAGE, Detail.MISSING)
    fill(archive, {"Lakes": [*pictures, miss], "Hills": pictures[1:]})
    return archive


def test_each_id_is_due_once_and_comes_with_what_is_kept_of_it(lakes: Archive) -> None:
    found = audit.begin(lakes, user_of(lakes), force=False, at=AT)
    assert (found.left, found.rests) == (3, False)
    sought = audit.due(lakes, found, after=(0, 0))
    assert [(one.album, one.image) for one in sought] == [(111, 1201), (111, 1202), (111, 1203)]
    assert [one.bytes for one in sought] == [len(small(seed)) for seed in (1, 2, 3)]
    assert audit.due(lakes, found, after=(111, 1202)) == sought[2:]


def test_an_audit_that_was_stopped_goes_on_and_a_finished_one_rests_ten_days(
    lakes: Archive,
) -> None:
    user = user_of(lakes)
    audit.begin(lakes, user, force=False, at=AT)
    audit.record(
        lakes,
        [Observation(1201), Observation(1203, Level.LINK, "there")],
        at=AT + 5,
        source=Source.SITE,
    )
    report = audit.reconcile(lakes, user, audit.plan(lakes, user), at=AT + 6)
    assert (report.checked, report.left, report.gone) == (2, 1, 1)
    again = audit.begin(lakes, user_of(lakes), force=False, at=AT + 9 * DAY)
    assert due(lakes, again) == [1202]
    audit.record(lakes, [Observation(1202)], at=AT + 9 * DAY, source=Source.SITE)
    report = audit.reconcile(lakes, user, audit.plan(lakes, user), at=AT + 9 * DAY)
    assert (report.checked, report.left) == (3, 0)
    user = user_of(lakes)
    assert user.audited_at == AT + 9 * DAY
    assert audit.begin(lakes, user, force=False, at=AT + 18 * DAY).rests
    later = audit.begin(lakes, user, force=False, at=user.audited_at + AUDIT_REST_SECONDS)
    assert due(lakes, later) == [1201, 1203]


def test_an_audit_that_a_wrong_clock_has_dated_into_the_future_rests_no_more(
    lakes: Archive,
) -> None:
    user = user_of(lakes)
    with lakes.writing() as connection:
        observations.finish(connection, user.id, AT + 3650 * DAY)
    assert not audit.begin(lakes, user_of(lakes), force=False, at=AT).rests


@pytest.mark.parametrize("finished", [False, True], ids=["under way", "finished"])
def test_what_a_wrong_clock_has_dated_into_the_future_is_looked_at_again_and_dated_anew(
    lakes: Archive, finished: bool
) -> None:
    user, wrong = user_of(lakes), AT + 3650 * DAY
    audit.begin(lakes, user, force=True, at=wrong)
    audit.record(
        lakes,
        [Observation(1201), Observation(1203, Level.LINK, "there")],
        at=wrong,
        source=Source.SITE,
    )
    if finished:
        audit.record(lakes, [Observation(1202)], at=wrong, source=Source.SITE)
    audit.reconcile(lakes, user, audit.plan(lakes, user), at=wrong)
    user = user_of(lakes)
    found = audit.begin(lakes, user, force=False, at=AT)
    assert (found.left, due(lakes, found)) == (3, [1201, 1202, 1203])
    seen = [Observation(1201), Observation(1202), Observation(1203, Level.LINK, "there")]
    audit.record(lakes, seen, at=AT + 5, source=Source.SITE)
    report = audit.reconcile(lakes, user, audit.plan(lakes, user), at=AT + 6)
    assert (report.checked, report.left, report.gone) == (3, 0, 1)
    assert user_of(lakes).audited_at == AT + 5
    with lakes.reading() as connection:
        gone = {place: here[1203] for place, here in on_record(connection).items()}
    assert set(gone.values()) == {(Level.LINK, AT + 5)}
    assert audit.begin(lakes, user_of(lakes), force=False, at=AT + DAY).rests


def test_a_forced_audit_looks_at_everything_and_goes_on_without_force(lakes: Archive) -> None:
    user = user_of(lakes)
    audit.begin(lakes, user, force=False, at=AT)
    audit.record(
        lakes, [Observation(number) for number in (1201, 1202, 1203)], at=AT, source=Source.SITE
    )
    audit.reconcile(lakes, user, audit.plan(lakes, user), at=AT)
    user = user_of(lakes)
    assert due(lakes, audit.begin(lakes, user, force=True, at=AT + DAY)) == [1201, 1202, 1203]
    audit.record(lakes, [Observation(1202)], at=AT + DAY, source=Source.SITE)
    assert due(lakes, audit.begin(lakes, user, force=False, at=AT + 2 * DAY)) == [1201, 1203]


def test_an_audit_that_nobody_went_on_with_for_ten_days_begins_anew(lakes: Archive) -> None:
    user = user_of(lakes)
    audit.begin(lakes, user, force=True, at=AT)
    audit.record(lakes, [Observation(1202)], at=AT + DAY, source=Source.SITE)
    assert due(lakes, audit.look_up(lakes, user, force=False, at=AT + 11 * DAY)) == [1201, 1203]
    anew = audit.look_up(lakes, user, force=False, at=AT + 12 * DAY)
    assert due(lakes, anew) == [1201, 1202, 1203]


def test_looking_up_an_audit_begins_none(lakes: Archive) -> None:
    audit.look_up(lakes, user_of(lakes), force=True, at=AT)
    with lakes.reading() as connection:
        assert observations.under_way(connection, ANN) is None


def test_who_is_unknown_unfinished_or_on_no_site_is_refused_with_what_to_do(
    archive: Archive,
) -> None:
    with pytest.raises(FapError, match=r"has no user 'Ann'\. 'fapproc print' lists"):
        audit.find_user(archive, user_id=None, name="Ann", source=Source.SITE)
    fill(archive, {"Lakes": numbered(small(1))})
    assert audit.find_user(archive, user_id=None, name=NAME.upper(), source=Source.SITE).id == ANN
    with archive.writing() as connection:
        catalogue.save_user(connection, BEN, "Ben")
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
    with pytest.raises(FapError, match=rf"Ben have not all been fetched.*read -i {OTHER}' to its"):
        audit.find_user(archive, user_id=OTHER, name=None, source=Source.SITE)
    with pytest.raises(FapError, match="has no user"):
        audit.find_user(archive, user_id=LOCAL_DISK.number, name=None, source=Source.SITE)
    with pytest.raises(FapError, match="LOCAL DISK were imported, not fetched"):
        audit.find_user(archive, user_id=None, name=LOCAL_DISK_NAME.lower(), source=Source.SITE)


def test_a_lost_image_gets_its_own_bytes_back_and_no_others(archive: Archive) -> None:
    data = small(1)
    fill(archive, {"Lakes": numbered(data)})
    digest = digest_of(data)
    blob(archive, data).unlink()
    with archive.writing() as connection:
        connection.execute(schema.image.update().values(lost_at=AT))
    found = audit.begin(archive, user_of(archive), force=False, at=AT)
    (sought,) = audit.due(archive, found, after=(0, 0))
    assert sought.lost and sought.digest == digest
    assert not audit.put_back(archive, digest, small(2))
    assert not blob(archive, data).exists()
    assert audit.put_back(archive, digest, data)
    assert blob(archive, data).read_bytes() == data
    (sought,) = audit.due(archive, found, after=(0, 0))
    assert not sought.lost
