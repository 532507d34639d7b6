-- Deferred trigger function on ledger_entries. Checks at the end of the database transaction that the entries of the
-- ledger transaction sum to zero, and that the wallet's entries sum to the amount in credit_transactions.
-- Locks: nothing.
-- Raises: check_violation where either sum differs.
CREATE OR REPLACE FUNCTION check_ledger_transaction()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  total bigint;
  of_wallet bigint;
  recorded integer;
BEGIN
  SELECT sum(entry.amount), sum(entry.amount) FILTER (WHERE account.kind = 'WALLET')
  INTO total, of_wallet
  FROM ledger_entries AS entry JOIN ledger_accounts AS account ON account.id = entry.account_id
  WHERE entry.transaction_id = NEW.transaction_id;
  SELECT amount INTO recorded FROM credit_transactions WHERE id = NEW.transaction_id;
  IF total <> 0 OR COALESCE(of_wallet, 0) <> recorded THEN
    RAISE EXCEPTION 'The entries of transaction % do not balance.', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
