"""Settings: errors name the variable in one line and never contain a password."""

import pytest

from cadenza.errors import StartError
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.temporal_client import connect_temporal, read_connect_config
from cadenza.settings import asyncpg_url, load_settings
from services.secret_box import SecretBox, new_key
from webhooks.signing import new_secret


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "SMTP_PORT", "SMTP_SECURITY"):
        monkeypatch.delenv(f"CADENZA_{name}", raising=False)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("postgresql://a:b@h:5/d", "postgresql+asyncpg://a:b@h:5/d"),
        ("postgres://a:b@h/d", "postgresql+asyncpg://a:b@h/d"),
        ("postgresql+asyncpg://a:b@h/d", "postgresql+asyncpg://a:b@h/d"),
        ("postgresql://a:p%40ss@h/d?sslmode=require", "postgresql+asyncpg://a:p%40ss@h/d?ssl=require"),
    ],
)
def test_database_url_names_the_asyncpg_driver(given: str, seen: str) -> None:
    assert asyncpg_url(given) == seen


@pytest.mark.parametrize("url", ["mysql://a:secret@h/d", "secret", ""])
def test_another_database_is_refused_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError) as refused:
        asyncpg_url(url)
    assert "secret" not in str(refused.value)
    if url:
        monkeypatch.setenv("CADENZA_DATABASE_URL", url)
        with pytest.raises(StartError, match="DATABASE_URL") as named:
            load_settings()
        assert "secret" not in str(named.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(StartError, match="CADENZA_DATABASE_URL is not set"):
        load_settings().app_database_url()
    with pytest.raises(StartError, match="CADENZA_MIGRATION_DATABASE_URL is not set"):
        load_settings().owner_database_url()


def test_owner_falls_back_to_the_app_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADENZA_DATABASE_URL", "postgresql://one@h/d")
    assert load_settings().owner_database_url() == "postgresql://one@h/d"


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_smtp_port_follows_its_security(security: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADENZA_SMTP_SECURITY", security)
    monkeypatch.setenv("CADENZA_SMTP_PORT", "")
    assert load_settings().smtp_port == port


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADENZA_SMTP_PORT", "many")
    monkeypatch.setenv("CADENZA_SMTP_SECURITY", "some")
    with pytest.raises(StartError, match=r"CADENZA_SMTP_SECURITY: .*; CADENZA_SMTP_PORT: "):
        load_settings()


def test_temporal_is_configured_by_its_own_variables() -> None:
    config = read_connect_config({"TEMPORAL_ADDRESS": "t.example:7233", "TEMPORAL_API_KEY": "k"})
    assert (config.get("target_host"), config.get("api_key"), config.get("tls")) == (
        "t.example:7233",
        "k",
        True,
    )


async def test_an_unreachable_temporal_gives_a_one_line_error() -> None:
    with pytest.raises(StartError, match=r"127\.0\.0\.1:1 \(TEMPORAL_ADDRESS\)") as problem:
        await connect_temporal(PayloadKeys(), environment={"TEMPORAL_ADDRESS": "127.0.0.1:1"})
    assert "\n" not in str(problem.value)


async def test_a_lazy_client_needs_no_server() -> None:
    assert await connect_temporal(PayloadKeys(), lazy=True, environment={"TEMPORAL_ADDRESS": "127.0.0.1:1"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGNING_KEY", "short"),
        ("SIGNING_KEY", f"{'k' * 40},short"),
        ("SIGNING_KEY", f"{'k' * 40},"),
        ("INBOUND_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        pytest.param("INBOUND_WEBHOOK_SECRET", f"{new_secret()},whsec_c2hvcnQ=", id="second webhook secret is short"),
        pytest.param("INBOUND_WEBHOOK_SECRET", f"{new_secret()},", id="second webhook secret is empty"),
    ],
)
def test_each_key_of_a_ring_is_checked(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CADENZA_{variable}", value)
    with pytest.raises(StartError, match=variable) as refused:
        load_settings()
    assert "kkkk" not in str(refused.value) and "whsec_c" not in str(refused.value)


def test_rings_of_keys_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADENZA_SIGNING_KEY", f"{'k' * 32}, {'j' * 32}")
    monkeypatch.setenv("CADENZA_INBOUND_WEBHOOK_SECRET", f"{new_secret()}, {new_secret()}")
    assert load_settings().signing_key is not None


@pytest.mark.parametrize("ring", ["SECRET_KEYS", "PAYLOAD_KEYS"])
def test_an_invalid_key_of_a_ring_is_named_and_not_shown(ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CADENZA_{ring}", f"{new_key()}, a-secret-that-is-no-key")
    with pytest.raises(StartError, match=rf"CADENZA_{ring}: .*32 random bytes") as refused:
        load_settings()
    assert "a-secret" not in str(refused.value)


def test_each_of_several_secret_keys_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = (new_key(), new_key())
    monkeypatch.setenv("CADENZA_SECRET_KEYS", ", ".join(keys))
    assert load_settings().secret_box().open(SecretBox([keys[0]]).seal("x")) == "x"
    assert load_settings().secret_box().open(SecretBox([keys[1]]).seal("x")) == "x"
    assert keys[0] not in repr(load_settings())


@pytest.mark.parametrize(("dev", "fault_point"), [("", "after_250"), ("true", "after_25"), ("true", "after_250:0")])
def test_a_fault_point_needs_development_mode_and_a_valid_name(
    dev: str, fault_point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CADENZA_DEV", dev)
    monkeypatch.setenv("CADENZA_FAULT_POINT", fault_point)
    with pytest.raises(StartError, match="CADENZA_FAULT_POINT"):
        load_settings()
    monkeypatch.setenv("CADENZA_DEV", "true")
    monkeypatch.setenv("CADENZA_FAULT_POINT", "after_250:3")
    assert load_settings().fault_point == "after_250:3"


def test_a_build_id_needs_a_task_queue_that_can_name_its_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().build_id is None
    monkeypatch.setenv("CADENZA_BUILD_ID", "v1.2")
    assert load_settings().build_id == "v1.2"
    monkeypatch.setenv("CADENZA_TASK_QUEUE", "leads.eu")
    with pytest.raises(StartError, match="CADENZA_BUILD_ID: its deployment is named after CADENZA_TASK_QUEUE"):
        load_settings()
