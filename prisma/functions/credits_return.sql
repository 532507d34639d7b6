-- Returns the credits of a hold to the wallet: all of them, or the part that was not captured. Credits that expired
-- meanwhile expire again at once; the rest pays debts first.
-- Locks: the wallet of the hold's user.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_return(
  new_id uuid, held credit_holds, amount integer, new_description text, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(held.user_id);
  posted credit_transactions;
BEGIN
  -- Expire first: credits that had expired before this call are not part of what it returns.
  PERFORM credits_expire_lots(held.user_id, wallet, at);
  posted := credits_post(
    new_id, held.user_id, 'RELEASE', amount, amount, 'release:' || held.reference, new_description, held.reference,
    NULL, at, ledger_account('HOLDS'), wallet, amount, personal_text);
  PERFORM credits_give_back(new_id, held.id, amount);
  PERFORM credits_settle(held.user_id, wallet, amount - credits_expire_lots(held.user_id, wallet, at), at);
  RETURN posted;
END $$;
