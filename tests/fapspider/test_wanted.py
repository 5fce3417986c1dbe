from fapproc.model import Listed
from fapspider.wanted import Found, Wanted


def wanted(*entries: tuple[int, str | None]) -> Wanted:
    made = Wanted()
    made.add(Listed(image, name) for image, name in entries)
    return made


def test_pages_are_asked_for_in_order_and_only_so_many_at_once() -> None:
    queue = wanted((3, None), (1, None), (2, None), (9, None))
    assert queue.next(2) == [3, 1]
    assert queue.next(2) == []
    queue.came(1)
    assert queue.next(2) == [2]
    assert len(queue) == 1


def test_an_id_is_wanted_once_a_crawl() -> None:
    queue = wanted((1, None), (1, None))
    assert queue.next(8) == [1]
    queue.came(1)
    assert queue.add([Listed(1, None), Listed(2, None)]) == 1
    assert queue.next(8) == [2]


def test_a_borrowed_address_saves_a_page_where_the_name_is_known_whole() -> None:
    queue = wanted((1, "lake.jpg"), (2, None), (3, "hill.jpg"))
    assert queue.next(1) == [1]
    assert queue.take({1: "a", 2: "b", 3: "c", 4: "d"}) == [Found(3, "hill.jpg", "c")]
    assert queue.take({3: "c"}) == []
    assert queue.next(8) == [2]
