"""The embedded Temporal server: loopback only, its data after restarts and kills, and one-line errors."""

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from cadenza.embedded.ports import free_port
from cadenza.embedded.temporal_binary import find_temporal
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.errors import StartError
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.temporal_client import connect_temporal


async def client_of(server: EmbeddedTemporal) -> Client:
    return await connect_temporal(PayloadKeys(), environment={"TEMPORAL_ADDRESS": server.address})


async def test_the_server_listens_on_loopback_only(tmp_path: Path) -> None:
    async with EmbeddedTemporal(tmp_path, ui_port=free_port()) as server:
        assert server.pid is not None
        process = psutil.Process(server.pid)
        listening = [c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {address[0] for address in listening} == {"127.0.0.1"}


async def test_search_attributes_are_registered(temporal_server: EmbeddedTemporal) -> None:
    client = await client_of(temporal_server)
    lead = SearchAttributeKey.for_keyword("CadenzaLead")
    handle = await client.start_workflow(
        "Nothing",
        id="search-attributes",
        task_queue="nobody",
        search_attributes=TypedSearchAttributes([SearchAttributePair(lead, "lead-1")]),
    )
    description = await handle.describe()
    assert description.typed_search_attributes[lead] == "lead-1"
    await handle.terminate()


@pytest.mark.parametrize("killed", [False, True])
async def test_workflows_survive_a_restart_and_a_kill(tmp_path: Path, killed: bool) -> None:
    first = EmbeddedTemporal(tmp_path, search_attributes=["CadenzaLead"])
    await first.start()
    await (await client_of(first)).start_workflow("Nothing", id="kept", task_queue="nobody")
    if killed:
        assert first.child is not None and first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        assert await first.child.wait() == -signal.SIGKILL
    await first.end()
    async with EmbeddedTemporal(tmp_path, search_attributes=["CadenzaLead", "CadenzaTenant"]) as second:
        description = await (await client_of(second)).get_workflow_handle("kept").describe()
        assert description.status is not None and description.status.name == "RUNNING"


async def test_an_invalid_database_file_gives_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "temporal.db").write_text("rubbish that is longer than a header")
    with pytest.raises(StartError, match=r"temporal\.db is not a database of Temporal"):
        await EmbeddedTemporal(tmp_path).start()


async def test_a_port_in_use_gives_a_one_line_error(tmp_path: Path, temporal_server: EmbeddedTemporal) -> None:
    with pytest.raises(StartError, match=f"(?i)temporal ended .*{temporal_server.port}"):
        await EmbeddedTemporal(tmp_path, port=temporal_server.port).start()


async def test_the_program_is_searched_in_the_documented_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    installed = await find_temporal(tmp_path, None, log)
    assert installed.name == "temporal"
    named = tmp_path / "mine"
    with pytest.raises(StartError, match="CADENZA_TEMPORAL_BIN"):
        await find_temporal(tmp_path, named, log)
    named.write_text("#!/bin/sh\n")
    named.chmod(stat.S_IRWXU)
    assert await find_temporal(tmp_path, named, log) == named
    monkeypatch.setattr("cadenza.embedded.temporal_binary._beside_python", lambda: tmp_path / "nothing")
    monkeypatch.setattr("cadenza.embedded.temporal_binary._in_package", lambda: None)
    (tmp_path / "path").mkdir()
    on_path = named.rename(tmp_path / "path" / "temporal")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert await find_temporal(tmp_path, None, log) == on_path
    monkeypatch.setenv("PATH", "")
    downloaded = tmp_path / "bin" / "temporal-sdk-1"
    downloaded.parent.mkdir()
    on_path.rename(downloaded)
    assert await find_temporal(tmp_path, None, log) == downloaded
