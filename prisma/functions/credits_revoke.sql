-- Takes a whole grant back: from its own lot first, then from others, never below zero. What is missing becomes a
-- debt. Credits of the grant that have expired are not taken. Returns how many credits were taken and how many are
-- owed; a repeated call returns the same and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC003 where there is no such grant.
CREATE OR REPLACE FUNCTION credits_revoke(new_id uuid, person uuid, grant_key text, new_description text, at timestamptz)
RETURNS TABLE (taken integer, owed integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  given credit_transactions;
  source uuid;
  due integer;
  available integer;
BEGIN
  SELECT * INTO given FROM credit_transactions
  WHERE user_id = person AND key = grant_key AND kind IN ('GRANT', 'PURCHASE');
  IF given.id IS NULL THEN RAISE EXCEPTION 'There is no such grant.' USING ERRCODE = 'PC003'; END IF;
  SELECT COALESCE(-sum(transaction.amount), 0) INTO taken FROM credit_transactions AS transaction
  WHERE transaction.user_id = person AND transaction.key = 'revoke:' || grant_key;
  SELECT COALESCE(sum(debt.owed), 0) INTO owed FROM credit_debts AS debt
  WHERE debt.user_id = person AND debt.grant_id = given.id;
  IF taken + owed > 0 THEN RETURN NEXT; RETURN; END IF;

  PERFORM credits_expire_lots(person, wallet, at);
  SELECT given.amount + COALESCE(sum(movement.amount), 0) INTO due
  FROM credit_lot_movements AS movement JOIN credit_transactions AS transaction ON transaction.id = movement.transaction_id
  WHERE movement.lot_id = given.id AND transaction.kind = 'EXPIRY';
  SELECT balance INTO available FROM ledger_accounts WHERE id = wallet;
  SELECT account_id INTO source FROM ledger_entries WHERE transaction_id = given.id AND account_id <> wallet;
  taken := least(due, available);
  owed := due - taken;
  IF taken > 0 THEN
    PERFORM credits_post(
      new_id, person, 'REVOCATION', -taken, taken, 'revoke:' || grant_key, new_description, given.id::text, NULL, at,
      wallet, source, taken);
    PERFORM credits_take(new_id, person, taken, given.id);
  END IF;
  IF owed > 0 THEN
    INSERT INTO credit_debts (id, user_id, grant_id, account_id, owed, settled, created_at)
    VALUES (uuid_v7(at), person, given.id, source, owed, 0, at);
  END IF;
  RETURN NEXT;
END $$;
