-- Returns the transaction that used an idempotency key before, or an empty row. The caller returns that transaction
-- instead of posting another one.
-- Locks: nothing. The caller holds the lock of the wallet.
-- Raises: PC002 where the key was used with another kind, amount or reference.
CREATE OR REPLACE FUNCTION credits_known(
  person uuid, used_key text, wanted_kind "CreditTransactionKind", wanted_amount integer, wanted_reference text
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  known credit_transactions;
BEGIN
  SELECT * INTO known FROM credit_transactions WHERE user_id = person AND key = used_key;
  IF known.id IS NOT NULL AND (
    known.kind <> wanted_kind OR known.requested <> wanted_amount OR known.reference IS DISTINCT FROM wanted_reference
  ) THEN
    RAISE EXCEPTION 'The key was used for something else.' USING ERRCODE = 'PC002';
  END IF;
  RETURN known;
END $$;
