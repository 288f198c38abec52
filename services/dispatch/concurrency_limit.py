"""How many requests to send to a server at the same time: as many as raise its throughput, and no more.

Beyond that point requests only wait for each other, and delay the requests of others. The rule is that of TCP Vegas
(Brakmo and Peterson, 1995): of `limit` requests under way, `limit * (1 - quickest / usual)` wait in the server's queue.
"""

QUEUED_FEW, QUEUED_MANY = 3.0, 6.0
SMOOTHING = 0.1


class ConcurrencyLimit:
    """Never forgets the quickest answer. Under lasting load it would otherwise take the slowed answers for the server's
    best."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._limit = float(least)
        self._quickest = self._usual = 0.0

    @property
    def limit(self) -> int:
        return int(self._limit)

    def took(self, seconds: float) -> None:
        """Records one answer and how long it took."""
        if not self._usual:
            self._quickest = self._usual = seconds
        self._quickest = min(self._quickest, seconds)
        self._usual += SMOOTHING * (seconds - self._usual)
        queued = self._limit * (1 - self._quickest / self._usual) if self._usual else 0.0
        if queued < QUEUED_FEW:
            self._limit = min(self._most, self._limit + 1 / self._limit)
        elif queued > QUEUED_MANY:
            self._limit = max(self._least, self._limit - 1 / self._limit)
