-- Trigger function on users, for the previous release, which knows only the column locale ('en' where none is chosen).
-- Takes over what it writes there, and shows it what this release writes to chosen_locale.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION users_keep_locale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.standing = 'DELETED' THEN
    NEW.chosen_locale := NULL;
  ELSIF TG_OP = 'INSERT' THEN
    NEW.chosen_locale := COALESCE(NEW.chosen_locale, NULLIF(NEW.locale, 'en'));
  ELSIF NEW.locale <> OLD.locale AND NEW.chosen_locale IS NOT DISTINCT FROM OLD.chosen_locale THEN
    NEW.chosen_locale := NULLIF(NEW.locale, 'en');
  END IF;
  NEW.locale := COALESCE(NEW.chosen_locale, 'en');
  RETURN NEW;
END $$;
