"""Loopback ports: the usual one when it is free, the named one or nothing, or any free one."""

import errno
import random
import socket

from cadenza.errors import StartError

LOOPBACK = "127.0.0.1"

# Below the range that Linux and macOS give to outgoing connections, so that no connection of another program
# takes the port between our looking and our server's binding it.
CANDIDATES = range(10_240, 32_768)


def choose_port(option: str, asked: int | None, usual: int, taken: set[int]) -> int:
    """The port for one server; it is added to `taken`.

    `asked` is what a person named: 0 is any free port, any other number is that port or a `StartError` that
    names `option`. Nothing named: the usual port, or silently a free one when something else listens there.
    """
    if asked:
        complaint = "given twice" if asked in taken else _complaint(asked)
        if complaint:
            raise StartError(f"{option} {asked}: {complaint}")
        port = asked
    elif asked is None and usual not in taken and _complaint(usual) is None:
        port = usual
    else:
        port = free_port(taken)
    taken.add(port)
    return port


def free_port(taken: set[int] | None = None) -> int:
    """A loopback port that nothing listens on now."""
    for port in random.sample(CANDIDATES, 500):
        if port not in (taken or ()) and _complaint(port) is None:
            return port
    raise StartError(f"no free port between {CANDIDATES.start} and {CANDIDATES.stop} on {LOOPBACK}")


def _complaint(port: int) -> str | None:
    """Why nothing can listen on `port`, or None when it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection of an earlier run that is still closing does not hold the port.
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
