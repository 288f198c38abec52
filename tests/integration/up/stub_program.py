"""`cadenza up` on real servers, with stubs in place of the program's own parts, as a command line.

`python -m tests.integration.up.stub_program up --home DIR ...` supervises; `... part NAME` runs one stub.
"""

import signal
import sys
import threading
from uuid import UUID

import cadenza.runtime.program
from cadenza.cli import main
from cadenza.exit import run_and_leave
from cadenza.runtime import lifeline
from cadenza.runtime.program import Program
from services.access.bootstrap import FirstTenant


async def first_tenant(app_url: str, api_key: str, postal_address: str) -> FirstTenant:
    return FirstTenant(tenant_id=UUID(int=1), api_key=api_key)


def no_migrations(url: str) -> None:
    print(f"migrating {url.partition('@')[2]}", flush=True)


def part() -> None:
    """A stub that is ready at once and runs until SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    lifeline.attach()
    lifeline.tell_ready()
    ended.wait()


def stand_in(name: str) -> tuple[str, list[str]]:
    return name, [sys.executable, "-m", "tests.integration.up.stub_program", "part", name]


STUBS = Program(migrate=no_migrations, first_tenant=first_tenant, parts=[stand_in("worker"), stand_in("api")])

if __name__ == "__main__":
    if sys.argv[1] == "part":
        run_and_leave(part)
    cadenza.runtime.program.PROGRAM = STUBS
    main()
