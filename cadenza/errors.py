"""What stops the program before it runs: said in one line, never as a traceback."""


class StartError(Exception):
    """The program cannot start or go on, and a person must change something.

    The message is one line, names what is wrong and where, and is all that the CLI prints.
    """


def one_line(error: BaseException) -> str:
    """An exception's own words, fit for a `StartError`."""
    return " ".join(str(error).split())[:300]
