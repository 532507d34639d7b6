-- Deferred trigger function on credit_transactions. Checks at the end of the database transaction that the ledger
-- transaction has entries. Without entries, check_ledger_transaction would not run for it.
-- Locks: nothing.
-- Raises: check_violation where there are none.
CREATE OR REPLACE FUNCTION check_ledger_entries_exist()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.id) THEN
    RAISE EXCEPTION 'Transaction % has no entries.', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
