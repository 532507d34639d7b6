-- Trigger function on audit_log, for the previous release, which writes reasons into the row. Moves the reason into
-- personal_texts.
-- Locks: the key of the subject's row in users.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION audit_log_move_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.reason_id := personal_text_store(NEW.subject_id, NEW.reason, NEW.created_at);
  NEW.reason := NULL;
  RETURN NEW;
END $$;
