from fapproc.model import Album, Listed, UserId
from fapspider.crawl.pending import FRESH_SECONDS, Found, Pending


def wanted(*entries: tuple[int, str | None]) -> Pending:
    made = Pending()
    made.add(Listed(image, name) for image, name in entries)
    return made


def test_images_come_in_order_and_only_so_many_are_under_way() -> None:
    queue = wanted((3, None), (1, None), (2, None), (9, None))
    assert queue.next(2, 0) == [3, 1]
    assert queue.next(2, 0) == []
    queue.settle(1)
    assert queue.next(2, 0) == [2]
    assert len(queue) == 1


def test_an_id_is_wanted_once_a_crawl() -> None:
    queue = wanted((1, None), (1, None))
    assert queue.next(8, 0) == [1]
    queue.settle(1)
    assert queue.add([Listed(1, None), Listed(2, None)]) == [2]
    assert queue.next(8, 0) == [2]


def test_a_lent_address_saves_a_page_where_the_list_showed_the_name_whole() -> None:
    queue = wanted((1, "lake.jpg"), (2, None), (3, "hill.jpg"))
    assert queue.next(1, 0) == [1]
    queue.lend({1: "a", 2: "b", 3: "c", 4: "d"}, now=5)
    assert queue.next(3, 6) == [Found(3, "hill.jpg", "c"), 2]
    queue.settle(3)
    assert queue.next(3, 6) == []


def test_an_address_that_was_lent_long_ago_saves_nothing() -> None:
    queue = wanted((1, "lake.jpg"))
    queue.lend({1: "a"}, now=5)
    assert queue.next(1, 5 + FRESH_SECONDS) == [1]


def test_an_address_that_was_of_no_use_saves_the_page_when_its_image_is_wanted_again() -> None:
    queue = wanted((1, None), (2, None), (3, None))
    assert queue.next(2, 0) == [1, 2]
    for image in (1, 2):
        queue.remember(Found(image, "lake.jpg", "a"), now=5)
    queue.put_back(1)
    assert queue.next(1, 6) == []
    assert queue.next(2, 6) == [Found(1, "lake.jpg", "a")]
    queue.settle(1)
    queue.settle(2)
    queue.again([1, 2])
    assert queue.next(3, 5 + FRESH_SECONDS - 1) == [Found(2, "lake.jpg", "a"), 3, 1]
    queue.settle(2)
    queue.remember(Found(2, "lake.jpg", "a"), now=5)
    queue.again([2])
    assert queue.next(3, 5 + FRESH_SECONDS) == [2]


def test_what_is_asked_for_elsewhere_is_of_the_album_of_which_the_fewest_failed() -> None:
    queue = Pending()
    broken, other = (Album(UserId(1), number, "") for number in (1, 2))
    queue.add([Listed(image, None) for image in range(10, 19)], broken)
    assert queue.elsewhere(0, [10, 11], untroubled=True) is None
    assert queue.elsewhere(0) == 14
    queue.add([Listed(image, None) for image in (20, 21)], other)
    assert queue.elsewhere(0, [10, 11, 14], untroubled=True) == 21
    assert queue.elsewhere(1, [10, 11, 14, 21]) == 20
    assert queue.elsewhere(2, [10, 11, 14, 21, 20]) in range(10, 19)
