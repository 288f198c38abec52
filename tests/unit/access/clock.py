"""A clock for tests of rate limits: it moves only when the test moves it."""


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
