"""The program around its commands: finding the API, exit status, colours, completion, start-up time."""

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.integration.api.client import EMAIL
from tests.integration.cli.conftest import Person, run_program


async def test_the_api_is_found_by_options_environment_or_home(person: Person) -> None:
    options = ("--api-url", person.api_url, "--api-key", person.key)
    assert (await run_program("sequences", "list", *options, environment={})).status == 0
    person.file("run.json", json.dumps({"api_url": person.api_url, "api_key": person.key}))
    home = str(person.folder)
    assert (await run_program("sequences", "list", "--home", home, environment={})).status == 0
    assert (await run_program("sequences", "list", environment={"CADENZA_HOME": home})).status == 0
    # Options and variables win over run.json.
    ran = await run_program("sequences", "list", "--home", home, "--api-key", "wrong", environment={})
    assert (ran.status, "(unauthorized)" in ran.err) == (1, True)
    ran = await run_program("status", "--home", home, environment={"CADENZA_API_URL": "http://127.0.0.1:1"})
    assert (ran.status, "--api-key" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1", "does not answer"),
        ("http://no-such-host.invalid", "does not answer"),
        ("nonsense", "no address of an API"),
    ],
)
async def test_an_unreachable_api_has_its_own_exit_status(url: str, why: str) -> None:
    ran = await run_program("status", "--api-url", url, "--api-key", "x", environment={})
    assert (ran.status, ran.out) == (3, "")
    assert why in ran.err
    assert "Traceback" not in ran.err


async def test_a_command_says_when_nothing_runs(tmp_path: Path) -> None:
    ran = await run_program("status", "--home", str(tmp_path), environment={})
    assert ran.status == 3
    assert ran.err == f"cadenza: nothing runs on {tmp_path} (no run.json): start it, or name an API with --api-url\n"


async def test_colours_are_used_only_for_terminals(person: Person) -> None:
    await person.tenant.sequence([EMAIL], active=True)
    piped = await person.does("sequences", "list")
    assert "\x1b" not in piped.out
    assert "\x1b[" in (await person.does("sequences", "list", FORCE_COLOR="1")).out
    assert "\x1b[32m" not in (await person.does("sequences", "list", FORCE_COLOR="1", NO_COLOR="1")).out
    assert "\x1b" not in (await person.does("sequences", "list", "--json", FORCE_COLOR="1")).out


async def test_data_cannot_send_control_codes_to_the_terminal(person: Person) -> None:
    made = await person.tenant.call("POST", "/sequences", 201, json={"name": "to be"})
    # The API refuses such a name now; an earlier release accepted it.
    async with person.tenant.database.write(person.tenant.id) as session:
        name = {"name": "a\x1b[2Jb [bold]c", "id": made["id"]}
        await session.execute(text("UPDATE sequences SET name = :name WHERE id = :id"), name)
    listed = await person.does("sequences", "list")
    assert "\x1b" not in listed.out
    assert "[bold]c" in listed.out


async def test_wrong_usage_has_its_own_exit_status(person: Person) -> None:
    for arguments in (("sequences",), ("sequences", "dance"), ("leads", "list", "--limit", "0"), ("explain",)):
        ran = await run_program(*arguments, environment=person.environment)
        assert ran.status == 2, arguments


async def test_names_of_sequences_are_completed(person: Person) -> None:
    await person.tenant.call("POST", "/sequences", 201, json={"name": "Cold outreach"})
    await person.tenant.call("POST", "/sequences", 201, json={"name": "Webinar"})

    async def completed(words: str, **environment: str) -> list[str]:
        shell = {
            "_CADENZA_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        ran = await run_program(environment={**person.environment, **shell, **environment})
        return ran.out.split("\n")

    assert await completed("cadenza sequences show Co") == [r"Cold\ outreach", ""]
    assert await completed("cadenza enroll ") == ["Webinar", r"Cold\ outreach", ""]
    assert {"sequences", "status", "stop"} <= set(await completed("cadenza s"))
    assert "apply" in await completed("cadenza sequences a")
    # Without a reachable API: no completions, no messages, and the shell does not wait long.
    began = time.monotonic()
    assert await completed("cadenza status Co", CADENZA_API_URL="http://127.0.0.1:1") == ["", ""]
    assert time.monotonic() - began < 10


async def test_help_imports_no_large_packages() -> None:
    names = ("httpx", "sqlalchemy", "fastapi", "temporalio", "uvicorn", "pydantic")
    program = f"import sys, cadenza.cli; print([name for name in {names!r} if name in sys.modules])"
    helped = await run_program("--help", environment={})
    assert helped.status == 0
    assert {"apply", "enroll", "explain"} & set(helped.out.split()) >= {"enroll", "explain"}
    ran = await run_program("-c", program, environment={}, module=None)
    assert ran.out == "[]\n"
