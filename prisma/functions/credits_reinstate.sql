-- Gives a revoked grant again, under a new key. The new lot pays what is still owed for the revoked grant first: the
-- payment is back, so the user has neither the credits twice nor a debt for them. A repeated call with the same key
-- returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user, then the debt of the revoked grant.
-- Raises: PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_reinstate(
  new_id uuid, person uuid, revoked_key text, granted_amount integer, source "LedgerAccountKind", new_key text,
  new_description text, new_reference text, expires timestamptz, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  is_known boolean := EXISTS (SELECT FROM credit_transactions WHERE user_id = person AND key = new_key);
  posted credit_transactions := credits_grant(
    new_id, person, granted_amount, source, new_key, new_description, new_reference, expires, at);
  debt record;
  settling uuid := uuid_v7(at);
BEGIN
  IF is_known THEN RETURN posted; END IF;
  -- Credits of the revoked grant that expired meanwhile are not owed.
  PERFORM credits_expire_lots(person, wallet, at);
  SELECT owing.id, owing.account_id, least(owing.owed - owing.settled - owing.forgiven, granted_amount) AS due INTO debt
  FROM credit_debts AS owing JOIN credit_transactions AS given ON given.id = owing.grant_id
  WHERE given.user_id = person AND given.key = revoked_key FOR UPDATE OF owing;
  IF debt.due > 0 THEN
    PERFORM credits_post(
      settling, person, 'REVOCATION', -debt.due, debt.due, 'settlement:' || settling, 'Settled what was owed',
      debt.id::text, NULL, at, wallet, debt.account_id, debt.due);
    PERFORM credits_take(settling, person, debt.due, posted.id);
    UPDATE credit_debts SET settled = settled + debt.due WHERE id = debt.id;
  END IF;
  RETURN posted;
END $$;
