"""The embedded servers: for `cadenza up`, for tests and for benchmarks.

    async with EmbeddedPostgres(folder) as postgres, EmbeddedTemporal(folder) as temporal:
        postgres.app_url, postgres.owner_url, temporal.address

Each listens on loopback, on a free port unless one is given, keeps its data and log in `folder`, and is ended by its
own process ID. On Linux it also ends when the process that started it is killed.

This file imports nothing: the command line and the mail capture need only the small modules in this folder, and start
in half the time without the servers'.
"""
