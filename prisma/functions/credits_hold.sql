-- Reserves credits of a user for a piece of work, which `new_reference` names, until it is captured or released. A
-- repeated call with the same reference returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the reference was used with another amount.
CREATE OR REPLACE FUNCTION credits_hold(
  new_id uuid, person uuid, amount integer, new_reference text, new_description text, until timestamptz, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, 'hold:' || new_reference, 'HOLD', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_expire_lots(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'HOLD', -amount, amount, 'hold:' || new_reference, new_description, new_reference, NULL, at,
    wallet, ledger_account('HOLDS'), amount, personal_text);
  PERFORM credits_take(new_id, person, amount);
  INSERT INTO credit_holds (id, user_id, reference, amount, state, deadline, created_at)
  VALUES (new_id, person, new_reference, amount, 'HELD', until, at);
  RETURN posted;
END $$;
