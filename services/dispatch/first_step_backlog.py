"""How many leads may stand in line for their first step.

Starts that the workers cannot keep up with gain nothing: they would only stand in line, and everybody else's steps
behind them. So the line grows while the workers keep up, however many there are, and is halved when they do not
(additive increase, multiplicative decrease: Chiu and Jain, 1989).
"""

GROWTH = 2
KEEPING_UP_SECONDS = 0.15


class Line:
    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self.length = least

    def took(self, seconds: float) -> None:
        """The workers had performed half of the line after so long."""
        if seconds <= KEEPING_UP_SECONDS:
            self.length = min(self._most, self.length + GROWTH)
        else:
            self.length = max(self._least, self.length // 2)
