-- Returns the ledger key of a grant by an admin with the hash of the idempotency key in place of the key, which is text
-- that an admin has chosen: 'admin:<admin>:<key>' becomes 'admin:<admin>:sha256:<hash>'. See grant-by-admin.ts.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION admin_grant_key(plain text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT left(plain, 43) || 'sha256:' || encode(sha256(convert_to(substr(plain, 44), 'UTF8')), 'hex')
$$;
