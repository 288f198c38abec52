"""A client of the REST API for the command line: its address, one call, a list in pages, and refusals."""

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

PAGE = 200
CALL_SECONDS = 30.0
UPLOAD_SECONDS = 600.0

Json = dict[str, Any]


class ApiUnreachable(Exception):
    """Nothing answers, or the address is not known. The message is one line."""


class AddressIncomplete(Exception):
    """An address was given without its API key. The message is one line."""


@dataclass
class Refused(Exception):
    """A refusal of the API, or of this program in the same form: a problem of RFC 9457."""

    code: str
    title: str
    detail: str
    errors: list[Json] = field(default_factory=list[Json])

    @property
    def problem(self) -> Json:
        return {"code": self.code, "title": self.title, "detail": self.detail, "errors": self.errors}


@dataclass(frozen=True, slots=True)
class ApiAddress:
    url: str
    key: str = field(repr=False)


def find_api(api_url: str | None, api_key: str | None, home: Path | None) -> ApiAddress:
    """The API's address: as given, else `CADENZA_API_URL` and `CADENZA_API_KEY`, else from the `run.json` of the home.

    Raises AddressIncomplete and ApiUnreachable.
    """
    url, key = api_url or os.environ.get("CADENZA_API_URL"), api_key or os.environ.get("CADENZA_API_KEY")
    if url and key:
        return ApiAddress(url, key)
    file = (home or Path(os.environ.get("CADENZA_HOME") or ".cadenza")) / "run.json"
    run = _read_run(file)
    if run is None and url:
        raise AddressIncomplete("an API key is needed: --api-key, or CADENZA_API_KEY")
    if run is None:
        raise ApiUnreachable(f"nothing runs on {file.parent} (no run.json): start it, or name an API with --api-url")
    if url and url.rstrip("/") != run["api_url"].rstrip("/"):
        raise AddressIncomplete("an API key for that address is needed: --api-key, or CADENZA_API_KEY")
    return ApiAddress(url or run["api_url"], key or run["api_key"])


class ApiClient:
    """Calls one tenant's API. Every method raises Refused and ApiUnreachable."""

    def __init__(self, address: ApiAddress, *, seconds: float = CALL_SECONDS) -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {address.key}", "User-Agent": "cadenza-cli"}
        self._http = httpx.Client(base_url=address.url, headers=headers, timeout=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, **parameters: Any) -> Json:
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.send("GET", path, params=given).json()

    def post(self, path: str, body: Mapping[str, Any] | None = None, **parameters: Any) -> Json:
        return self.send("POST", path, json=body, params=parameters).json()

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        return self.send("PUT", path, json=body).json()

    def delete(self, path: str) -> None:
        self.send("DELETE", path)

    def upload(self, path: str, content: Iterator[bytes] | bytes, kind: str, **parameters: str) -> Json:
        headers = {"Content-Type": kind}
        answer = self.send("POST", path, content=content, headers=headers, params=parameters, timeout=UPLOAD_SECONDS)
        return answer.json()

    def download(self, path: str, **parameters: Any) -> Iterator[bytes]:
        """The body of the answer, in pieces as they arrive."""
        given = {name: value for name, value in parameters.items() if value is not None}
        with self._asking(), self._http.stream("GET", path, params=given, timeout=UPLOAD_SECONDS) as answer:
            if answer.is_error:
                answer.read()
                raise _refusal(answer)
            yield from answer.iter_bytes()

    def listed(self, path: str, **parameters: Any) -> Iterator[Json]:
        """Every item of a list. A page is requested when its first item is."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=PAGE, cursor=cursor, **parameters)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def found(self, path: str) -> Json | None:
        """The thing at the path, or None if the API says that there is none."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.code == "not_found":
                return None
            raise

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self._asking():
            answer = self._http.request(method, path, **options)
        if answer.is_error:
            raise _refusal(answer)
        return answer

    @contextmanager
    def _asking(self) -> Generator[None]:
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise ApiUnreachable(f"{self.address.url!r} is no address of an API") from None
        except httpx.HTTPError as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise ApiUnreachable(f"{self.address.url} does not answer: {why}") from None


def as_id(text: str) -> str | None:
    """The text as an ID in its usual form, or None if it is something else."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _refusal(answer: httpx.Response) -> Refused | ApiUnreachable:
    try:
        problem: Any = answer.json()
        return Refused(problem["code"], problem["title"], problem["detail"], problem["errors"])
    except (ValueError, KeyError, TypeError):
        return ApiUnreachable(f"{answer.request.url} answered {answer.status_code}, and not as Cadenza's API does")


def _read_run(file: Path) -> Json | None:
    try:
        run = json.loads(file.read_text("utf-8"))
        return run if isinstance(run["api_url"], str) and isinstance(run["api_key"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
