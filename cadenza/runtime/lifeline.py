"""The connection between a child process and the supervisor that started it (the child's side).

One socket serves both directions. The child writes to it that it is ready. The child reads the end of the file when the
supervisor ends, however it died. A process without a supervisor has no lifeline, and every call here does nothing.
"""

import os
import signal
import socket
import threading

VARIABLE = "CADENZA_SUPERVISOR_FD"
READY = b"ready\n"

GRACE_SECONDS = 15.0
"""How long a child may take to finish its work after its supervisor ended. Then it exits."""

_supervisor: list[socket.socket] = []


def attach() -> None:
    """Uses the lifeline, if there is one: when the supervisor ends, this process finishes its work and ends."""
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is None:
        return
    os.set_inheritable(int(descriptor), False)
    supervisor = socket.socket(fileno=int(descriptor))
    _supervisor.append(supervisor)
    threading.Thread(target=_watch, args=(supervisor,), name="lifeline", daemon=True).start()


def tell_ready() -> None:
    """Tells the supervisor that this process is ready."""
    for supervisor in _supervisor:
        try:
            supervisor.sendall(READY)
        except OSError:
            return  # the supervisor has ended: the watching thread ends this process


def _watch(supervisor: socket.socket) -> None:
    try:
        while supervisor.recv(1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)
