-- Deferred trigger function on the wallets in ledger_accounts. Checks at the end of the database transaction that the
-- stored balance equals balance_after of the wallet's newest transaction. A difference means that something other
-- than the ledger functions changed the balance.
-- Locks: nothing.
-- Raises: check_violation where they differ.
CREATE OR REPLACE FUNCTION check_wallet_balance()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  wallet ledger_accounts;
  left_by_newest integer;
BEGIN
  SELECT * INTO wallet FROM ledger_accounts WHERE id = NEW.id;
  SELECT balance_after INTO left_by_newest FROM credit_transactions
  WHERE user_id = wallet.user_id AND sequence = wallet.last_sequence;
  IF wallet.balance <> COALESCE(left_by_newest, 0) THEN
    RAISE EXCEPTION 'The balance of wallet % is not what its transactions say.', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
