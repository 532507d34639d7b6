#!/usr/bin/env bash
# Dumps the database each night at BACKUP_HOUR (UTC) and keeps the dumps of BACKUP_DAYS days. `backup.sh once` dumps it
# now. Copy the folder to another place: docs/deploy/vps.md.
set -euo pipefail

folder=${BACKUP_FOLDER:?}
hour=${BACKUP_HOUR:-3}
days=${BACKUP_DAYS:-7}

dump() {
  local name
  name="pacer-$(date -u +%Y-%m-%dT%H%M%SZ).dump"
  # Under another name until it is complete and can be read.
  rm -f "$folder"/*.partial
  pg_dump --format custom --file "$folder/$name.partial"
  pg_restore --list "$folder/$name.partial" >/dev/null
  mv "$folder/$name.partial" "$folder/$name"
  find "$folder" -maxdepth 1 -name 'pacer-*.dump' -mtime "+$((days - 1))" -delete
  echo "$name: $(stat --format %s "$folder/$name") bytes"
}

if [[ ${1:-} = once ]]; then
  dump
  exit
fi

trap 'kill $(jobs -p) 2>/dev/null || true; exit 0' TERM INT
while true; do
  now=$(date -u +%s)
  next=$(date -u --date "today $hour:00" +%s)
  ((next > now)) || next=$((next + 86400))
  # In the background, so that SIGTERM ends the container at once.
  sleep $((next - now)) &
  wait $!
  # A process of its own, so that `set -e` applies in it. A failed dump leaves the earlier ones in place.
  bash "$0" once || echo 'The dump failed. The next attempt is tomorrow.' >&2
done
