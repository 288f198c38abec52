"""Chooses loopback ports: the default one if it is free, the requested one, or any free one."""

import errno
import random
import socket

from cadenza.errors import StartError

LOOPBACK = "127.0.0.1"

# Below the range that Linux and macOS use for outgoing connections. So no connection of another program takes the
# port between this check and the moment at which our server binds it.
CANDIDATES = range(10_240, 32_768)


def choose_port(option: str, requested: int | None, default: int, taken: set[int]) -> int:
    """Returns the port for one server and adds it to `taken`.

    `requested` is the user's choice: 0 means any free port; another number means that port, or a `StartError` that
    names `option`. If it is None, the port is `default`, or any free port if `default` is in use.
    """
    if requested:
        complaint = "given twice" if requested in taken else _complaint(requested)
        if complaint:
            raise StartError(f"{option} {requested}: {complaint}")
        port = requested
    elif requested is None and default not in taken and _complaint(default) is None:
        port = default
    else:
        port = free_port(taken)
    taken.add(port)
    return port


def free_port(taken: set[int] | None = None) -> int:
    """Returns a loopback port on which nothing listens now."""
    for port in random.sample(CANDIDATES, 500):
        if port not in (taken or ()) and _complaint(port) is None:
            return port
    raise StartError(f"no free port between {CANDIDATES.start} and {CANDIDATES.stop} on {LOOPBACK}")


def _complaint(port: int) -> str | None:
    """Says why nothing can listen on `port`, or returns None if it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection of an earlier run that is still closing does not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "the port is taken by another program"
            return error.strerror or str(error)
        except OverflowError:
            return "a port is a number from 0 to 65535"
    return None
