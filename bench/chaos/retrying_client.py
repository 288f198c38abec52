"""An API client that behaves like a real one: it repeats a request without an answer, with the same idempotency key."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

PAUSE_SECONDS = 0.3
TIMEOUT_SECONDS = 10.0


class RetryingClient:
    """Calls the APIs in turn until one answers. `answers` counts status codes and connection errors."""

    def __init__(self, urls: Sequence[str], key: str) -> None:
        self.answers: Counter[str] = Counter()
        self._urls = itertools.cycle(urls)
        headers = {"Authorization": f"Bearer {key}"}
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
        self._http = httpx.AsyncClient(headers=headers, trust_env=False, timeout=TIMEOUT_SECONDS, limits=limits)

    async def __aenter__(self) -> "RetryingClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Returns the answer's JSON. Raises HTTPStatusError for 4xx, which a retry would not change."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            url = next(self._urls)
            try:
                answer = await self._http.request(method, f"{url}{path}", json=body, headers=headers)
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return answer.json()
            await asyncio.sleep(PAUSE_SECONDS)
