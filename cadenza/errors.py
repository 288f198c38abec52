"""Errors that stop the program before it runs. They are shown in one line, not as a traceback."""


class StartError(Exception):
    """The program cannot start or continue, and a person must change something.

    The message is one line and says what is wrong and where. The CLI prints nothing else.
    """


def one_line(error: BaseException) -> str:
    """Returns an exception's text in one line, for use in a `StartError`."""
    return " ".join(str(error).split())[:300]
