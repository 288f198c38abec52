"""`/readyz` of a worker and of the API, while the servers that they need go away and come back."""

from pathlib import Path

import httpx

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.temporal_server import EmbeddedTemporal
from tests.own_postgres import crash, own_postgres
from tests.part_process import part
from tests.stage import stage as set_up
from workflows.search_attributes import REGISTRY

PATIENCE_SECONDS = 120.0


async def test_readyz_names_the_missing_server_and_recovers(server_folder: Path) -> None:
    names = [key.name for key in REGISTRY]
    temporal = EmbeddedTemporal(server_folder / "health-temporal", search_attributes=names)
    await temporal.start()
    api_port, port = free_port(), free_port()
    api, worker = f"http://{LOOPBACK}:{api_port}", f"http://{LOOPBACK}:{port}"
    settings = {"CADENZA_METRICS_PORT": str(port), "CADENZA_API_PORT": str(api_port)}
    async with (
        own_postgres(server_folder / "health-postgres", durable=True) as postgres,
        set_up(postgres.app_url, temporal.address) as stage,
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        await stage.stop_worker()
        servers = (postgres.app_url, temporal.address)

        async def missing(url: str) -> list[str] | None:
            try:
                answer = await http.get(f"{url}/readyz")
            except httpx.TransportError:
                return None
            found: list[str] = answer.json().get("missing", [])
            assert answer.status_code == (503 if found else 200)
            return found

        async def until_missing(**wanted: list[str]) -> None:
            async def so() -> bool:
                return [await missing(api), await missing(worker)] == [wanted["api"], wanted["worker"]]

            await stage.until(so, f"what is missing: {wanted}", PATIENCE_SECONDS)
            for url in (api, worker):
                assert (await http.get(f"{url}/healthz")).is_success, "the process is alive even if a server is missing"

        await temporal.end()
        async with part("api", stage, *servers, **settings), part("worker", stage, *servers, **settings):
            await until_missing(api=["temporal"], worker=["temporal", "polling"])
            await temporal.start()
            await until_missing(api=[], worker=[])

            await crash(postgres)
            await until_missing(api=["postgres"], worker=["postgres"])
            assert "cadenza_gauges_readable 0.0" in (await http.get(f"{api}/metrics")).text
            assert "cadenza_outbox_rows" not in (await http.get(f"{api}/metrics")).text, "no outdated value is exported"
            assert "cadenza_worker_ready 0.0" in (await http.get(f"{worker}/metrics")).text
            await postgres.start()
            await until_missing(api=[], worker=[])

            await temporal.end()
            await until_missing(api=["temporal"], worker=["temporal"])
            await temporal.start()
            await until_missing(api=[], worker=[])
            assert "cadenza_worker_ready 1.0" in (await http.get(f"{worker}/metrics")).text
            assert "cadenza_gauges_readable 1.0" in (await http.get(f"{api}/metrics")).text
    await temporal.end()
