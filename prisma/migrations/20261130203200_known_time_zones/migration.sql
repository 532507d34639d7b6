-- Time zones that Postgres does not have, such as US/Pacific-New, were accepted, and made every summary fail.
UPDATE "users" SET "time_zone" = 'UTC'
WHERE "time_zone" <> 'UTC' AND lower("time_zone") NOT IN (SELECT lower(name) FROM pg_timezone_names);
