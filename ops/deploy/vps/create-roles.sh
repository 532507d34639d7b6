#!/usr/bin/env bash
# Creates the database and its two logins. The image of Postgres runs it once, when the volume is empty.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set "owner_password=${OWNER_PASSWORD:?}" --set "app_password=${APP_PASSWORD:?}" <<'SQL'
CREATE ROLE pacer_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE pacer_runtime NOLOGIN;
CREATE ROLE pacer_app LOGIN PASSWORD :'app_password' IN ROLE pacer_runtime;
ALTER ROLE pacer_app SET statement_timeout = '4500ms';
ALTER ROLE pacer_app SET idle_in_transaction_session_timeout = '15s';
CREATE DATABASE pacer OWNER pacer_owner;
SQL
