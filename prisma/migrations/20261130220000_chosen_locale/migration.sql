-- Until now `locale` was 'en' until the user chose one. 'en' is taken as not chosen: the language of the request then decides.
ALTER TABLE "users" ADD COLUMN "chosen_locale" TEXT;
UPDATE "users" SET "chosen_locale" = "locale" WHERE "locale" <> 'en';
ALTER TABLE "users" ADD CONSTRAINT "users_tombstone_has_no_locale"
  CHECK ("standing" <> 'DELETED' OR "chosen_locale" IS NULL);

CREATE FUNCTION users_keep_locale() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER users_keep_locale BEFORE INSERT OR UPDATE OF locale, chosen_locale, standing ON users
  FOR EACH ROW EXECUTE FUNCTION users_keep_locale();

-- Why the file of an activity cannot be read, as the key and the values of a message; `failure` has its text in English.
ALTER TABLE "activities" ADD COLUMN "failure_message" JSONB;
