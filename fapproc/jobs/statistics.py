"""The archive in figures."""

from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, duplicates, figures, images, observations
from fapproc.db.figures import Spread


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the archive holds. Sizes in bytes, `pixels` is width times height of each image."""

    sealed: bool
    database_bytes: int
    images: int
    animated: int
    users: int
    albums: int
    oldest_album: int
    newest_album: int
    unread_albums: int
    sightings: int
    exact_duplicates: int
    failures: int
    unsound: int
    gone: int
    oldest_fetch: int
    newest_fetch: int
    bytes: Spread
    thumb_bytes: Spread
    pixels: Spread
    duplicate_images: int
    duplicate_groups: int
    need_action: int


def statistics(archive: Archive) -> Statistics:
    """Count everything, in one state of the database."""
    with archive.reading() as connection:
        sizes = figures.spread(connection, "bytes")
        oldest, newest = images.times(connection)
        albums = catalogue.albums(connection)
        read = [album.fetched_at for album in albums if album.fetched_at]
        sightings = figures.count_sightings(connection)
        grouped, groups, need_action = duplicates.count_groups(connection)
        return Statistics(
            sealed=archive.sealed,
            database_bytes=archive.database_bytes,
            images=sizes.count,
            animated=images.count_animated(connection),
            users=catalogue.count_users(connection),
            albums=len(albums),
            oldest_album=min(read, default=0),
            newest_album=max(read, default=0),
            unread_albums=len(albums) - len(read),
            sightings=sightings,
            exact_duplicates=sightings - figures.count_seen_images(connection),
            failures=figures.count_failures(connection),
            unsound=images.count_unsound(connection),
            gone=observations.count_gone(connection),
            oldest_fetch=oldest,
            newest_fetch=newest,
            bytes=sizes,
            thumb_bytes=figures.spread(connection, "thumb_bytes"),
            pixels=figures.spread(connection, "pixels"),
            duplicate_images=grouped,
            duplicate_groups=groups,
            need_action=need_action,
        )
