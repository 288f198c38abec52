"""The web app: its built files at `/`, its screens under `/app`, beside the API that it calls, and `/docs`, the API's
reference."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

# Inline styles are what a library sets to place things; scripts are ours alone, and nobody may frame us.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Assets(StaticFiles):
    """Files whose names hold a hash of their content: kept for good by whoever has them."""

    def file_response(self, *args: object, **kwargs: object) -> FileResponse:  # type: ignore[override]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response  # type: ignore[return-value]


def serve_web(app: FastAPI, folder: Path) -> None:
    """Serves the app that `make web` built into `folder`. Every address of a screen is the same page, which finds its
    screen itself."""

    async def page(_: object) -> FileResponse:
        return FileResponse(folder / "index.html", headers=PAGE_HEADERS)

    async def reference(_: object) -> FileResponse:
        return FileResponse(folder / "reference.html", headers=PAGE_HEADERS)

    async def icon(_: object) -> FileResponse:
        return FileResponse(folder / "favicon.svg")

    app.router.routes += [
        Route("/", page),
        Route("/app", page),
        Route("/app/{screen:path}", page),
        Route("/docs", reference),
        Route("/favicon.svg", icon),
        Mount("/assets", GZipMiddleware(_Assets(directory=folder / "assets"))),
    ]
