"""How much to ask of a server at a time: as much as makes it work faster, and no more.

Beyond that, more requests at a time only wait for each other, and so does everybody else's. The rule is that of TCP
Vegas (Brakmo and Peterson, 1995): of `limit` requests under way, `limit * (1 - quickest / usual)` are waiting.
"""

QUEUED_FEW, QUEUED_MANY = 3.0, 6.0
SMOOTHING = 0.1


class Pace:
    """Never forgets the quickest answer: under lasting load it would take that for how fast the server can be."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._limit = float(least)
        self._quickest = self._usual = 0.0

    @property
    def limit(self) -> int:
        return int(self._limit)

    def took(self, seconds: float) -> None:
        """One more answer came after so long."""
        if not self._usual:
            self._quickest = self._usual = seconds
        self._quickest = min(self._quickest, seconds)
        self._usual += SMOOTHING * (seconds - self._usual)
        queued = self._limit * (1 - self._quickest / self._usual) if self._usual else 0.0
        if queued < QUEUED_FEW:
            self._limit = min(self._most, self._limit + 1 / self._limit)
        elif queued > QUEUED_MANY:
            self._limit = max(self._least, self._limit - 1 / self._limit)
