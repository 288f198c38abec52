"""The line of leads before their first step: as long as the workers keep up with."""

from services.dispatch.first_step_backlog import KEEPING_UP_SECONDS, Line


def test_it_grows_while_the_workers_keep_up_and_is_halved_when_they_do_not() -> None:
    line = Line(least=4, most=20)
    lengths = []
    for _ in range(20):
        line.took(KEEPING_UP_SECONDS / 2)
        lengths.append(line.length)
    assert lengths == sorted(lengths)
    assert lengths[-1] == 20
    line.took(KEEPING_UP_SECONDS * 10)
    assert line.length == 10
    for _ in range(10):
        line.took(KEEPING_UP_SECONDS * 10)
    assert line.length == 4
