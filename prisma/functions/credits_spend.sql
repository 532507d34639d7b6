-- Spends credits of a user, after expired ones are taken out. A repeated call with the same key returns the first
-- call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_spend(
  new_id uuid, person uuid, amount integer, new_key text, new_description text, new_reference text, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, new_key, 'SPEND', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_expire_lots(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'SPEND', -amount, amount, new_key, new_description, new_reference, NULL, at,
    wallet, ledger_account('SPENDING'), amount, personal_text);
  PERFORM credits_take(new_id, person, amount);
  RETURN posted;
END $$;
