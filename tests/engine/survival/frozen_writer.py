"""Pauses a lead and is frozen before it commits: `python -m tests.engine.survival.frozen_writer URL TENANT LEAD`.

Prints `holding` once it holds the locks on the lead's rows. Exits with status 3 if Postgres ended its transaction
meanwhile.
"""

import asyncio
import sys
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from db.session import Database
from services.enrollments import steering

TIME_TO_BE_FROZEN_SECONDS = 2


async def main(url: str, tenant_id: UUID, lead_id: UUID) -> int:
    database = Database(url)
    try:
        async with database.write(tenant_id) as session:
            await steering.pause(session, lead_id, None)
            print("holding", flush=True)
            await asyncio.sleep(TIME_TO_BE_FROZEN_SECONDS)
    except DBAPIError:
        return 3
    finally:
        await database.aclose()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), UUID(sys.argv[3]))))
