-- Locks the wallet of a user and returns its id. Creates the wallet first if it does not exist. Every command of the
-- ledger calls this before it reads, so that it sees what the previous command committed.
-- Locks: the wallet's row in ledger_accounts, until the database transaction ends.
-- Raises: foreign_key_violation where the user does not exist.
CREATE OR REPLACE FUNCTION credits_lock(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid;
BEGIN
  SELECT id INTO wallet FROM ledger_accounts WHERE user_id = person FOR UPDATE;
  IF wallet IS NULL THEN
    INSERT INTO ledger_accounts (id, kind, user_id, balance) VALUES (gen_random_uuid(), 'WALLET', person, 0)
    ON CONFLICT (user_id) DO NOTHING;
    SELECT id INTO wallet FROM ledger_accounts WHERE user_id = person FOR UPDATE;
  END IF;
  RETURN wallet;
END $$;
