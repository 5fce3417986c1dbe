"""What a page has no time for is not tried again at once, and is after a while."""

from webviewer.patience import AT_ONCE, Slow


def test_what_took_too_long_is_left_alone_for_a_while_and_then_asked_again() -> None:
    now, asked, answer = [100.0], list[tuple[str, float]](), dict[str, int | None]()
    slow = Slow(lambda: now[0])

    def ask(what: str) -> int | None:
        def question(seconds: float) -> int | None:
            asked.append((what, seconds))
            return answer[what]

        return slow.at_once(what, question)

    answer |= {"all": None, "few": 5}
    for _ in range(3):
        assert (ask("all"), ask("few")) == (None, 5)
    assert [each for each in asked if each[0] == "all"] == [("all", AT_ONCE)]
    assert len(asked) == 4
    now[0] += 3600
    answer["all"] = 7
    assert ask("all") == ask("all") == 7


def test_a_part_of_an_answer_is_given_once_and_the_rest_is_left_for_a_while() -> None:
    slow, asked = Slow(lambda: 0.0), list[float]()

    def count(seconds: float) -> list[int]:
        asked.append(seconds)
        return [1, 2]

    assert slow.at_once("marks", count, lambda found: len(found) == 3) == [1, 2]
    assert slow.at_once("marks", count, lambda found: len(found) == 3) is None
    assert asked == [AT_ONCE]


def test_of_many_questions_the_oldest_is_forgotten() -> None:
    slow, asked = Slow(lambda: 0.0), list[int]()

    def question(number: int) -> None:
        slow.at_once(number, lambda _: asked.append(number))

    for number in [*range(1000), 999, 0]:
        question(number)
    assert asked == [*range(1000), 0]
