-- Stores a personal text and returns its id. Stores nothing and returns null where the user is erased or there is no such
-- user. An append-only row keeps the id; the erasure of the user deletes the text.
-- Locks: the user's key, so that an erasure waits, or this call waits for it and then stores nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION personal_text_store(person uuid, content text, at timestamptz) RETURNS uuid LANGUAGE sql AS $$
  INSERT INTO personal_texts (user_id, id, text)
  SELECT account.id, uuid_v7(at), content FROM users AS account
  WHERE account.id = person AND account.standing <> 'DELETED' FOR KEY SHARE
  RETURNING id
$$;
