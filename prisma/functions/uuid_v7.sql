-- Returns a UUIDv7 of an instant, for rows that SQL itself creates. PostgreSQL has its own function from version 18
-- on; older versions are supported.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION uuid_v7(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;
