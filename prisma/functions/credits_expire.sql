-- Takes expired credits out of the wallet of a user. Returns how many credits expired.
-- Locks: the wallet of the user.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_expire(person uuid, at timestamptz)
RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT credits_expire_lots(person, credits_lock(person), at)
$$;
