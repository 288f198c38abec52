#!/bin/sh
# Runs once, when the server's data directory is created. Makes the roles of both programs, and Cadenza's database. Temporal
# makes its own databases.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner="$CADENZA_OWNER_PASSWORD" --set app="$CADENZA_APP_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE cadenza_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE cadenza_app LOGIN PASSWORD :'app';
CREATE ROLE cadenza_system NOLOGIN BYPASSRLS;
GRANT cadenza_system TO cadenza_owner WITH ADMIN OPTION;
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
CREATE DATABASE cadenza OWNER cadenza_owner;
SQL
