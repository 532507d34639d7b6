-- Gives credits to a user as a lot of their own, from the system account `source`. A repeated call with the same key
-- returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_grant(
  new_id uuid, person uuid, granted_amount integer, source "LedgerAccountKind", new_key text, new_description text,
  new_reference text, expires timestamptz, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  new_kind "CreditTransactionKind" := CASE WHEN source = 'PURCHASES' THEN 'PURCHASE' ELSE 'GRANT' END;
  posted credit_transactions := credits_known(person, new_key, new_kind, granted_amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  posted := credits_post(
    new_id, person, new_kind, granted_amount, granted_amount, new_key, new_description, new_reference, expires, at,
    ledger_account(source), wallet, granted_amount, personal_text);
  INSERT INTO credit_lots (id, user_id, granted, remaining, expires_at, created_at)
  VALUES (new_id, person, granted_amount, granted_amount, COALESCE(expires, 'infinity'), at);
  INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (new_id, new_id, granted_amount);
  RETURN posted;
END $$;
