"""The thread between a child and the supervisor that started it (the child's side).

One socket serves both ways: the child says that it is ready, and the end of the file says that the supervisor
is gone, however it died. A process that nobody supervises has no lifeline, and every call here does nothing.
"""

import os
import signal
import socket
import threading

VARIABLE = "CADENZA_SUPERVISOR_FD"
READY = b"ready\n"

GRACE_SECONDS = 15.0
"""How long a child may take to drain once its supervisor is gone. After that it ends where it stands."""

_supervisor: list[socket.socket] = []


def attach() -> None:
    """Take up the lifeline, if there is one: when the supervisor goes, this process drains and ends."""
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is None:
        return
    os.set_inheritable(int(descriptor), False)
    supervisor = socket.socket(fileno=int(descriptor))
    _supervisor.append(supervisor)
    threading.Thread(target=_watch, args=(supervisor,), name="lifeline", daemon=True).start()


def tell_ready() -> None:
    """Say once that this process now does its work."""
    for supervisor in _supervisor:
        try:
            supervisor.sendall(READY)
        except OSError:
            return  # the supervisor is gone: the watching thread ends this process


def _watch(supervisor: socket.socket) -> None:
    try:
        while supervisor.recv(1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)
