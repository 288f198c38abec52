"""How many started leads may wait for their first step.

Starting leads faster than the workers perform them gains nothing: the leads would wait in Temporal's queue, and the
steps of everybody else behind them. So the allowed backlog grows while the workers keep up and is halved when they do
not (additive increase, multiplicative decrease: Chiu and Jain, 1989).
"""

GROWTH = 2
KEEPING_UP_SECONDS = 0.15


class FirstStepBacklog:
    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self.limit = least

    def took(self, seconds: float) -> None:
        """The workers took this long to perform half of the backlog."""
        if seconds <= KEEPING_UP_SECONDS:
            self.limit = min(self._most, self.limit + GROWTH)
        else:
            self.limit = max(self._least, self.limit // 2)
