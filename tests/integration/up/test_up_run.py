"""`cadenza up`: its output when it is ready, one-line errors, and no process left behind when it ends."""

import signal
import socket
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import psutil
import pytest
from sqlalchemy import text

from cadenza.embedded.postgres_roles import superuser
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.temporal_client import connect_temporal
from mail.capture.store import CaptureStore
from tests.integration.up.up_run import Start, UpRun


def refused(run: UpRun) -> str:
    """Returns the only error line of a run that cannot start."""
    assert run.process.wait(60) == 1
    lines = [line for line in run.output.splitlines() if line.startswith("cadenza: ")]
    said = [line for line in lines if not line.startswith("cadenza: starting")]
    assert len(said) == 1, run.output
    assert "Traceback" not in run.output
    return said[0]


async def test_the_printed_addresses_and_run_json_are_right(start: Start, home: Path) -> None:
    up = start("--dev")
    run = up.wait_until_ready()

    assert (home / "run.json").stat().st_mode & 0o077 == 0
    web_app = f"{run['ui_url']}#key={run['api_key']}"
    assert {run["api_key"], run["temporal_ui_url"], f"{run['api_url']}/docs", web_app} <= set(up.output.split())
    async with superuser(run["database_url"]) as app:
        assert await app.scalar(text("SELECT current_user")) == "cadenza_app"
    async with superuser(run["admin_database_url"]) as owner:
        assert await owner.scalar(text("SELECT current_user")) == "cadenza_owner"
    await connect_temporal(PayloadKeys(), environment={"TEMPORAL_ADDRESS": run["temporal_address"]})

    message = EmailMessage()
    message["Subject"] = "kept"
    with SMTP(run["smtp_host"], run["smtp_port"]) as smtp:
        smtp.send_message(message, "from@example.com", ["to@example.com"])
    assert [kept.subject for kept in CaptureStore(home / "outbox").list(10)] == ["kept"]

    mine = [up.process.pid, *(child.pid for child in psutil.Process(up.process.pid).children(recursive=True))]
    assert set(run["pids"].values()) <= set(mine)
    listening = {
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.pid in mine and connection.status == psutil.CONN_LISTEN and connection.laddr
    }
    assert listening == {"127.0.0.1"}

    assert up.end() == 0
    assert up.left_behind() == []
    assert not (home / "run.json").exists()


@pytest.mark.parametrize(
    ("said", "signal_"),
    [
        ("starting PostgreSQL", signal.SIGINT),
        ("starting worker", signal.SIGHUP),
        ("Ctrl-C ends everything", signal.SIGINT),
        ("Ctrl-C ends everything", signal.SIGTERM),
    ],
)
def test_every_ending_signal_ends_everything(start: Start, said: str, signal_: signal.Signals) -> None:
    """Also during the start."""
    up = start()
    up.wait_for(said)
    assert up.end(signal_) == 0
    assert up.left_behind() == []
    assert "Traceback" not in up.output


def test_a_second_signal_kills_at_once(start: Start) -> None:
    up = start()
    run = up.wait_until_ready()
    psutil.Process(run["pids"]["worker"]).suspend()
    up.process.send_signal(signal.SIGINT)
    assert up.end(signal.SIGINT) == 0
    assert up.left_behind() == []


def test_a_second_run_on_the_same_home_names_the_first(start: Start, home: Path) -> None:
    first = start()
    first.wait_for("starting PostgreSQL")
    assert f"already running on {home} (pid {first.process.pid})" in refused(start())
    url = first.wait_until_ready()["api_url"]
    assert refused(start()).endswith(f"(pid {first.process.pid}), see {url}")
    assert first.end() == 0


@pytest.mark.parametrize("option", ["--api-port", "--temporal-port", "--postgres-port"])
def test_a_requested_port_in_use_gives_a_one_line_error(start: Start, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refused(start(option, port)) == f"cadenza: {option} {port}: the port is taken by another program"


def make_file(home: Path) -> None:
    home.write_text("a file")


def make_log_a_file(home: Path) -> None:
    home.mkdir()
    (home / "logs").write_text("a file")


def make_lock_a_folder(home: Path) -> None:
    (home / "lock").mkdir(parents=True)


def make_garbage(home: Path) -> None:
    home.mkdir()
    for name in ("secrets.json", "pids.json", "run.json"):
        (home / name).write_bytes(b"\x00\xff{")


def make_other_database(home: Path) -> None:
    home.mkdir()
    (home / "temporal.db").write_text("not a database, whatever its name says")


def make_foreign_folder(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "secrets.json").write_text("{}")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (make_file, "is a file"),
        (make_log_a_file, "logs"),
        (make_lock_a_folder, "lock: Is a directory"),
        (make_garbage, "secrets.json cannot be read"),
        (make_other_database, "temporal.db is not a database of Temporal"),
        (make_foreign_folder, "postgres is not the data folder of a PostgreSQL server"),
    ],
)
def test_an_unusable_home_gives_a_one_line_error(
    start: Start, home: Path, broken: Callable[[Path], None], said: str
) -> None:
    broken(home)
    up = start()
    assert said in refused(up)
    assert up.left_behind() == []


def test_a_home_inside_a_file_gives_a_one_line_error(start: Start, home: Path) -> None:
    home.write_text("a file")
    assert "Not a directory" in refused(start(at=home / "deeper" / "down"))


def test_other_installations_of_the_caller_are_not_used(start: Start) -> None:
    """Variables for another installation do not reach this run, except a mail server."""
    named = {
        "CADENZA_DATABASE_URL": "postgresql://elsewhere.example/other",
        "TEMPORAL_ADDRESS": "elsewhere.example:7233",
        "TEMPORAL_TLS": "true",
        "CADENZA_BUILD_ID": "a-release-that-nobody-here-makes-current",
        "CADENZA_SMTP_HOST": "127.0.0.1",
        "CADENZA_SMTP_PORT": "2525",
    }
    up = start(environment=named)
    run = up.wait_until_ready()
    worker = psutil.Process(run["pids"]["worker"]).environ()
    assert (run["smtp_host"], run["smtp_port"], "capture" in run["pids"]) == ("127.0.0.1", 2525, False)
    assert worker["CADENZA_DATABASE_URL"] == run["database_url"]
    assert worker["TEMPORAL_ADDRESS"] == run["temporal_address"]
    assert "TEMPORAL_TLS" not in worker
    assert "CADENZA_BUILD_ID" not in worker
    assert up.end() == 0
