-- Ends a hold without spending: all its credits return to the wallet.
-- Locks: the wallet of the hold's user, then the hold.
-- Raises: PC003 where there is no such hold; PC004 where it has ended; the detail is its state.
CREATE OR REPLACE FUNCTION credits_release(
  new_id uuid, wanted text, new_description text, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held credit_holds := credits_lock_hold(wanted);
BEGIN
  UPDATE credit_holds SET state = 'RELEASED', ended_at = at WHERE id = held.id;
  RETURN credits_return(new_id, held, held.amount, new_description, at, personal_text);
END $$;
