"""The codec server: what it decrypts, and which requests it refuses."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, Payloads

from cadenza.errors import StartError
from cadenza.runtime.codec_server import MAX_BODY_BYTES, codec_app, serve_codec
from cadenza.runtime.payload_codec import ENCODING
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.settings import Settings
from services.secret_box import new_key

KEYS = PayloadKeys([new_key()])
UI = "http://127.0.0.1:8233"
PLAIN = MessageToDict(Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=b'{"a":1}')]))
KEY = "k" * 40


@asynccontextmanager
async def codec_client(
    base_url: str = "http://127.0.0.1:8234", *, key: str | None = None, ui_url: str | None = UI
) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(codec_app(KEYS, key=key, ui_url=ui_url))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
        yield http


async def test_encoded_payloads_can_be_decoded() -> None:
    async with codec_client() as http:
        sealed = (await http.post("/codec/encode", json=PLAIN)).json()
        opened = (await http.post("/codec/decode", json=sealed)).json()
        both = {"payloads": [*PLAIN["payloads"], *sealed["payloads"]]}
        mixed = (await http.post("/codec/decode", json=both)).json()
    assert sealed["payloads"][0]["metadata"]["encoding"] == MessageToDict(Payload(data=ENCODING))["data"]
    assert opened == PLAIN
    assert mixed == {"payloads": PLAIN["payloads"] * 2}


async def test_only_pages_of_temporals_ui_may_ask() -> None:
    async with codec_client() as http:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
        allowed = await http.options("/codec/decode", headers={"Origin": UI, **asked})
        answered = await http.post("/codec/decode", json=PLAIN, headers={"Origin": UI, "X-Namespace": "default"})
        assert allowed.status_code == 200
        assert answered.headers["Access-Control-Allow-Origin"] == UI
        for origin in ("https://evil.example", "null", "http://127.0.0.1:8000", f"{UI}.evil.example"):
            preflight = await http.options("/codec/decode", headers={"Origin": origin, **asked})
            refused = await http.post("/codec/decode", json=PLAIN, headers={"Origin": origin})
            assert "Access-Control-Allow-Origin" not in preflight.headers
            assert (refused.status_code, "payloads" in refused.json()) == (403, False)
    async with codec_client(ui_url=None) as http:
        assert (await http.post("/codec/decode", json=PLAIN, headers={"Origin": UI})).status_code == 403


async def test_without_a_key_only_loopback_names_are_answered() -> None:
    """A page that uses DNS rebinding sends its own host name."""
    for name, status in (("localhost:8234", 200), ("127.0.0.1", 200), ("evil.example:8234", 400)):
        async with codec_client(f"http://{name}") as http:
            assert (await http.post("/codec/decode", json=PLAIN)).status_code == status


async def test_with_a_key_only_requests_with_it_are_answered() -> None:
    async with codec_client("https://codec.acme.example", key=KEY) as http:
        assert (await http.post("/codec/decode", json=PLAIN)).status_code == 401
        for wrong in ("Bearer ", f"Bearer {KEY}x", KEY, "Bearer é".encode()):
            refused = await http.post("/codec/decode", json=PLAIN, headers={"Authorization": wrong})
            assert refused.status_code == 401
        given = await http.post("/codec/decode", json=PLAIN, headers={"Authorization": f"Bearer {KEY}"})
        assert given.json() == PLAIN


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"payloads": 1}', b'{"payloads": [{"data": 1}]}', b"\xff", b'{"payloads":' * 5000],
    ids=["nothing", "cut off", "a number", "no text", "no UTF-8", "deep"],
)
async def test_an_invalid_body_is_refused_with_a_message(body: bytes) -> None:
    async with codec_client() as http:
        answer = await http.post("/codec/decode", content=body)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


async def test_an_unreadable_payload_names_its_key_and_a_large_body_is_refused() -> None:
    async with codec_client() as http:
        sealed = (await http.post("/codec/encode", json=PLAIN)).json()
        assert (await http.post("/codec/decode", content=b" " * (MAX_BODY_BYTES + 1))).status_code == 413
    other = httpx.ASGITransport(codec_app(PayloadKeys([new_key()]), key=None, ui_url=None))
    async with httpx.AsyncClient(transport=other, base_url="http://127.0.0.1") as http:
        answer = await http.post("/codec/decode", json=sealed)
    assert answer.status_code == 400
    assert "CADENZA_PAYLOAD_KEYS lacks the key" in answer.json()["message"]


async def test_the_codec_server_needs_payload_keys_and_a_key_outside_loopback() -> None:
    with pytest.raises(StartError, match="CADENZA_PAYLOAD_KEYS is not set"):
        await serve_codec(Settings())
    for host in ("0.0.0.0", "10.0.0.1", "::", "codec.acme.example"):
        with pytest.raises(StartError, match="CADENZA_CODEC_SERVER_KEY is not set"):
            await serve_codec(Settings.model_validate({"payload_keys": new_key(), "codec_server_host": host}))
