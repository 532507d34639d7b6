-- Writes a transaction, its two entries and the wallet's new balance. `delta` is the change of the balance, `moved`
-- the amount that moves from the account `debit` to the account `credit`. `personal_text` is stored apart, where it can be
-- erased; users see it instead of the description.
-- Locks: the user's key where there is a personal text. The caller holds the lock of the wallet.
-- Raises: check_violation where the balance would be negative; unique_violation where the key was used before.
CREATE OR REPLACE FUNCTION credits_post(
  new_id uuid, person uuid, new_kind "CreditTransactionKind", delta integer, requested_amount integer,
  new_key text, new_description text, new_reference text, expires timestamptz, at timestamptz,
  debit uuid, credit uuid, moved integer, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  posted credit_transactions;
  new_balance integer;
  new_sequence integer;
BEGIN
  UPDATE ledger_accounts SET balance = balance + delta, last_sequence = last_sequence + 1
  WHERE user_id = person RETURNING balance, last_sequence INTO new_balance, new_sequence;
  INSERT INTO credit_transactions (
    id, user_id, sequence, kind, amount, requested, balance_after, key, description, text_id, reference, expires_at,
    created_at)
  VALUES (
    new_id, person, new_sequence, new_kind, delta, requested_amount, new_balance, new_key, new_description,
    CASE WHEN personal_text IS NOT NULL THEN personal_text_store(person, personal_text, at) END,
    new_reference, expires, at)
  RETURNING * INTO posted;
  INSERT INTO ledger_entries (transaction_id, account_id, amount) VALUES (new_id, debit, -moved), (new_id, credit, moved);
  RETURN posted;
END $$;
