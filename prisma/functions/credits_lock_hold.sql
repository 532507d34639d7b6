-- Locks a hold and returns it.
-- Locks: the wallet of the hold's user first, then the hold.
-- Raises: PC003 where there is no such hold; PC004 where it has ended; the detail is its state.
CREATE OR REPLACE FUNCTION credits_lock_hold(wanted text) RETURNS credit_holds LANGUAGE plpgsql AS $$
DECLARE
  held credit_holds;
BEGIN
  SELECT * INTO held FROM credit_holds WHERE reference = wanted;
  IF held.id IS NULL THEN RAISE EXCEPTION 'There is no such hold.' USING ERRCODE = 'PC003'; END IF;
  PERFORM credits_lock(held.user_id);
  SELECT * INTO held FROM credit_holds WHERE id = held.id FOR UPDATE;
  IF held.state <> 'HELD' THEN
    RAISE EXCEPTION 'The hold has ended.' USING ERRCODE = 'PC004', DETAIL = held.state::text;
  END IF;
  RETURN held;
END $$;
