"""`cadenza up` with payload keys: Temporal's web UI is configured to use the codec server."""

import httpx

from services.secret_box import new_key
from tests.integration.up.up_run import Start


def test_temporals_ui_can_decrypt_payloads(start: Start) -> None:
    up = start("--temporal-ui-port", "0", environment={"CADENZA_PAYLOAD_KEYS": new_key()})
    run = up.wait_until_ready()
    settings = httpx.get(f"{run['temporal_ui_url']}/api/v1/settings").json()
    endpoint = settings["Codec"]["Endpoint"]
    plain = {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="}]}
    sealed = httpx.post(f"{endpoint}/encode", json=plain).json()
    assert sealed != plain
    opened = httpx.post(f"{endpoint}/decode", json=sealed, headers={"Origin": run["temporal_ui_url"]})
    assert opened.json() == plain
    assert opened.headers["Access-Control-Allow-Origin"] == run["temporal_ui_url"]
    assert "codec-server" in run["pids"]
    assert up.end() == 0


def test_without_keys_there_is_no_codec_server(start: Start) -> None:
    up = start("--temporal-ui-port", "0")
    run = up.wait_until_ready()
    assert httpx.get(f"{run['temporal_ui_url']}/api/v1/settings").json()["Codec"]["Endpoint"] == ""
    assert "codec-server" not in run["pids"]
    assert up.end() == 0
