-- Trigger function. Refuses UPDATE, DELETE and TRUNCATE on tables whose rows are written once.
-- Locks: nothing.
-- Raises: restrict_violation, always.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % are never changed or removed.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
