-- Returns the whole amount of a spend to the lots it came from. A repeated call returns the first call's transaction
-- and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC003 where there is no such spend; PC002 where the key of its refund was used for something else.
CREATE OR REPLACE FUNCTION credits_refund(
  new_id uuid, person uuid, spend_key text, new_description text, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  spent credit_transactions;
  posted credit_transactions;
BEGIN
  SELECT * INTO spent FROM credit_transactions WHERE user_id = person AND key = spend_key AND kind = 'SPEND';
  IF spent.id IS NULL THEN RAISE EXCEPTION 'There is no such spending.' USING ERRCODE = 'PC003'; END IF;
  posted := credits_known(person, 'refund:' || spend_key, 'REFUND', -spent.amount, spent.id::text);
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  -- Expire first: credits that had expired before this call are not part of what it returns.
  PERFORM credits_expire_lots(person, wallet, at);
  posted := credits_post(
    new_id, person, 'REFUND', -spent.amount, -spent.amount, 'refund:' || spend_key, new_description, spent.id::text,
    NULL, at, ledger_account('SPENDING'), wallet, -spent.amount, personal_text);
  PERFORM credits_give_back(new_id, spent.id, -spent.amount);
  PERFORM credits_settle(person, wallet, -spent.amount - credits_expire_lots(person, wallet, at), at);
  RETURN posted;
END $$;
