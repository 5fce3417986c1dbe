from fapproc.firsts import MOST, Firsts


def test_the_first_are_named_and_all_are_counted() -> None:
    some = Firsts[int]()
    assert not some and some.more == 0
    some.add(range(MOST))
    assert some and (some.count, some.more) == (MOST, 0)
    some.add(range(MOST, MOST + 5))
    assert (some.named, some.count, some.more) == ([*range(MOST)], MOST + 5, 5)


def test_what_is_told_of_one_cause_again_and_again_counts_once() -> None:
    some = Firsts[str]()
    for _ in range(3):
        some.add(["the disk is read-only", "a file"])
    some.add(str(number) for number in range(MOST))
    for _ in range(3):
        some.add(["late"])
    assert some.count == 2 + MOST + 1
