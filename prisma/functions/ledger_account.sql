-- Returns the id of the system account of a kind; null for WALLET.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION ledger_account(wanted "LedgerAccountKind") RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT id FROM ledger_accounts WHERE kind = wanted AND user_id IS NULL
$$;
