"""The backlog of leads before their first step grows only as far as the workers keep up."""

from services.dispatch.first_step_backlog import KEEPING_UP_SECONDS, FirstStepBacklog


def test_the_backlog_grows_while_workers_keep_up_and_is_halved_otherwise() -> None:
    backlog = FirstStepBacklog(least=4, most=20)
    limits = []
    for _ in range(20):
        backlog.took(KEEPING_UP_SECONDS / 2)
        limits.append(backlog.limit)
    assert limits == sorted(limits)
    assert limits[-1] == 20
    backlog.took(KEEPING_UP_SECONDS * 10)
    assert backlog.limit == 10
    for _ in range(10):
        backlog.took(KEEPING_UP_SECONDS * 10)
    assert backlog.limit == 4
