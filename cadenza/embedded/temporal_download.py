"""`python -m cadenza.embedded.temporal_download FOLDER`: has the SDK download Temporal's dev server into a folder.

The SDK has no function that only downloads. It downloads when it starts a server, which is ended here at once.
"""

import asyncio
import sys

from temporalio.testing import WorkflowEnvironment

from cadenza.errors import StartError, one_line
from cadenza.exit import run_and_leave


async def download(folder: str) -> None:
    try:
        server = await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]
            download_dest_dir=folder
        )
    except RuntimeError as error:
        raise StartError(one_line(error)) from error
    await server.shutdown()


if __name__ == "__main__":
    run_and_leave(lambda: asyncio.run(download(sys.argv[1])))
