-- billing_events holds keyed hashes of RevenueCat's names, and billing_names the readable ones, which are erasable. The
-- key is EMAIL_INDEX_KEY, which the database does not have: `npm run cli -- migrate` and a starting process compute the
-- hashes into a temporary table before this file runs (src/domains/billing/events/hash-existing-names.ts). Without names,
-- as in a new database, the file needs none.
--
-- From here on the previous release cannot store RevenueCat's events, nor record cancellations: the constraint below
-- refuses readable names. The events stay in the inbox and are tried again (docs/operations.md).
CREATE TEMP TABLE IF NOT EXISTS billing_name_hashes (name TEXT PRIMARY KEY, hash TEXT NOT NULL);
LOCK TABLE billing_events, billing_names IN SHARE ROW EXCLUSIVE MODE;

DO $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT unnest(names || transferred_to) AS name FROM billing_events UNION SELECT name FROM billing_names
    ) AS used
    WHERE NOT EXISTS (SELECT FROM billing_name_hashes AS hashed WHERE hashed.name = used.name)
  ) THEN
    RAISE EXCEPTION 'The names in billing_events must be hashed with EMAIL_INDEX_KEY. Set it to the key of the running program and run `npm run cli -- migrate`.';
  END IF;
END $$;

-- The owner may change these rows while the trigger is off; the locks are held until the migration ends.
ALTER TABLE "billing_events" DISABLE TRIGGER "billing_events_append_only";

-- The hashes, and the names of erased users, must be known while events still have readable names.
CREATE TEMP TABLE erased_billing_names AS
SELECT DISTINCT ON (side.name) side.name, account.id AS user_id
FROM users AS account
JOIN billing_events AS event
  ON event.names && array_remove(ARRAY[account.id::text, account.clerk_id], NULL)
  OR event.transferred_to && array_remove(ARRAY[account.id::text, account.clerk_id], NULL)
CROSS JOIN LATERAL (
  SELECT unnest(event.names) WHERE event.names && array_remove(ARRAY[account.id::text, account.clerk_id], NULL)
  UNION
  SELECT unnest(event.transferred_to)
  WHERE event.transferred_to && array_remove(ARRAY[account.id::text, account.clerk_id], NULL)
) AS side (name)
WHERE account.standing = 'DELETED' AND NOT EXISTS (
  SELECT FROM users AS other WHERE other.id <> account.id AND (other.id::text = side.name OR other.clerk_id = side.name))
ORDER BY side.name, account.id;

UPDATE billing_events SET
  names = ARRAY(
    SELECT hashed.hash FROM unnest(names) WITH ORDINALITY AS each (name, place)
    JOIN billing_name_hashes AS hashed ON hashed.name = each.name ORDER BY place),
  transferred_to = ARRAY(
    SELECT hashed.hash FROM unnest(transferred_to) WITH ORDINALITY AS each (name, place)
    JOIN billing_name_hashes AS hashed ON hashed.name = each.name ORDER BY place)
WHERE names <> '{}' OR transferred_to <> '{}';

ALTER TABLE "billing_events" ENABLE TRIGGER "billing_events_append_only";

-- A hash is 43 characters of base64url. Only the previous release would write anything else.
ALTER TABLE "billing_events" ADD CONSTRAINT "billing_events_names_are_hashes" CHECK (
  array_to_string("names" || "transferred_to", ' ') ~ '^([A-Za-z0-9_-]{43}( [A-Za-z0-9_-]{43})*)?$');

-- AlterTable
ALTER TABLE "billing_names" DROP CONSTRAINT "billing_names_say_who_said_so",
DROP CONSTRAINT "billing_names_pkey",
ADD COLUMN "hash" TEXT,
ALTER COLUMN "name" DROP NOT NULL;

UPDATE billing_names SET hash = hashed.hash FROM billing_name_hashes AS hashed WHERE hashed.name = billing_names.name;
INSERT INTO billing_names (hash, name)
SELECT hashed.hash, hashed.name FROM billing_name_hashes AS hashed
WHERE NOT EXISTS (SELECT FROM billing_names AS known WHERE known.hash = hashed.hash);
UPDATE billing_names SET name = NULL, user_id = erased.user_id FROM erased_billing_names AS erased
WHERE billing_names.name = erased.name AND (billing_names.user_id IS NULL OR billing_names.user_id = erased.user_id);

ALTER TABLE "billing_names" ALTER COLUMN "hash" SET NOT NULL,
ADD CONSTRAINT "billing_names_pkey" PRIMARY KEY ("hash"),
-- An event assigns a readable name to a user; the erasure leaves a hash of the user's.
ADD CONSTRAINT "billing_names_are_assigned_by_events" CHECK (
  ("reported_at" IS NULL) = ("event_id" IS NULL) AND ("user_id" IS NOT NULL OR "reported_at" IS NULL)
  AND CASE WHEN "name" IS NULL THEN "user_id" IS NOT NULL ELSE ("user_id" IS NULL) = ("reported_at" IS NULL) END);

-- Of an event about an erased user, whose body was erased, the subject may be any text that an app has chosen.
UPDATE inbox_events SET subject = NULL
WHERE source = 'revenuecat' AND body IS NULL AND subject IS NOT NULL
  AND NOT EXISTS (SELECT FROM users WHERE users.clerk_id = inbox_events.subject OR users.id::text = inbox_events.subject);

DROP TABLE billing_name_hashes, erased_billing_names;
