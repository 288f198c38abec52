"""Slots go to tenants in turns. No slot is lost when a waiting task is cancelled."""

import asyncio
from uuid import UUID, uuid4

from services.dispatch.fair_slots import FairSlots

BUSY, QUIET = uuid4(), uuid4()


async def occupy(slots: FairSlots, tenant: UUID, served: list[UUID]) -> None:
    async with slots.slot(tenant):
        served.append(tenant)
        await asyncio.sleep(0)


async def test_a_tenant_with_many_requests_does_not_delay_another() -> None:
    slots, served = FairSlots(2), list[UUID]()
    wanted = [asyncio.create_task(occupy(slots, BUSY, served)) for _ in range(100)]
    await asyncio.sleep(0)
    wanted.append(asyncio.create_task(occupy(slots, QUIET, served)))
    await asyncio.gather(*wanted)
    assert (len(served), served.index(QUIET) < 6) == (101, True)


async def test_the_limit_is_never_exceeded_even_when_it_changes() -> None:
    slots, most, inside = FairSlots(3), 0, 0

    async def work(number: int) -> None:
        nonlocal most, inside
        async with slots.slot(BUSY if number % 2 else QUIET):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(number) for number in range(30)))
    assert most == 3
    slots.limit, most = 5, 0
    await asyncio.gather(*(work(number) for number in range(30)))
    assert most == 5
    slots.limit, most = 1, 0
    await asyncio.gather(*(work(number) for number in range(30)))
    assert most == 1


async def test_the_slot_of_a_cancelled_task_goes_to_the_next() -> None:
    slots, served = FairSlots(1), list[UUID]()
    async with slots.slot(BUSY):
        waiting = [asyncio.create_task(occupy(slots, BUSY, served)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    # The slot became free and was given to the second task, which is cancelled at that moment.
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert served == [BUSY]
    await asyncio.wait_for(occupy(slots, QUIET, served), 5)
    assert served == [BUSY, QUIET]
