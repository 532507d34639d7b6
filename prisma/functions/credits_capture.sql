-- Spends the credits of a hold: all of them where `captured_amount` is null, else that many. The rest is released in
-- the same transaction.
-- Locks: the wallet of the hold's user, then the hold.
-- Raises: PC003 where there is no such hold; PC004 where it has ended; the detail is its state. PC005 where more is
-- captured than held; the detail is the amount of the hold.
CREATE OR REPLACE FUNCTION credits_capture(
  new_id uuid, wanted text, captured_amount integer, new_description text, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held credit_holds := credits_lock_hold(wanted);
  taking integer := COALESCE(captured_amount, held.amount);
  posted credit_transactions;
BEGIN
  IF taking > held.amount THEN
    RAISE EXCEPTION 'More than is held.' USING ERRCODE = 'PC005', DETAIL = held.amount::text;
  END IF;
  posted := credits_post(
    new_id, held.user_id, 'CAPTURE', 0, taking, 'capture:' || held.reference, new_description, held.reference, NULL, at,
    ledger_account('HOLDS'), ledger_account('SPENDING'), taking, personal_text);
  UPDATE credit_holds SET state = 'CAPTURED', captured = taking, ended_at = at WHERE id = held.id;
  IF taking < held.amount THEN
    PERFORM credits_return(uuid_v7(at), held, held.amount - taking, new_description, at, personal_text);
  END IF;
  RETURN posted;
END $$;
