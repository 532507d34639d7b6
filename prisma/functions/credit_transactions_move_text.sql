-- Trigger function on credit_transactions, for the previous release, which writes an admin's reason and idempotency key
-- into the row. Moves the reason into personal_texts, and replaces the key by its hash.
-- Locks: the user's key.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION credit_transactions_move_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.text_id := personal_text_store(NEW.user_id, NEW.description, NEW.created_at);
  NEW.description := 'Granted by an admin';
  NEW.key := admin_grant_key(NEW.key);
  RETURN NEW;
END $$;
