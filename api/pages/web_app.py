"""Serves the web app: its built files at `/`, its screens under `/app`, and the API reference at `/docs`."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

# A library sets inline styles to position elements, so styles allow them. Scripts come from this host only, and no
# other site may show the app in a frame.
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
    """Files with a hash of their content in the name. Browsers may cache them forever."""

    def file_response(self, *args: object, **kwargs: object) -> FileResponse:  # type: ignore[override]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response  # type: ignore[return-value]


def serve_web(app: FastAPI, folder: Path) -> None:
    """Serves the app that `make web` built into `folder`. Every screen's address gives the same page, which then
    shows the right screen."""

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
