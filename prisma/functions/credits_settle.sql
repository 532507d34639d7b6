-- Pays debts, the oldest first, from the `brought` credits that a release or a refund has just returned to the
-- wallet.
-- Locks: the open debts of the user. The caller holds the lock of the wallet.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_settle(person uuid, wallet uuid, brought integer, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  debt record;
  settling uuid;
  part integer;
  still integer;
BEGIN
  SELECT least(brought, balance) INTO still FROM ledger_accounts WHERE id = wallet;
  FOR debt IN
    SELECT id, owed - settled - forgiven AS due, account_id FROM credit_debts
    WHERE user_id = person AND settled + forgiven < owed ORDER BY created_at, id FOR UPDATE
  LOOP
    EXIT WHEN still <= 0;
    part := least(debt.due, still);
    settling := uuid_v7(at);
    PERFORM credits_post(
      settling, person, 'REVOCATION', -part, part, 'settlement:' || settling, 'Settled what was owed',
      debt.id::text, NULL, at, wallet, debt.account_id, part);
    PERFORM credits_take(settling, person, part);
    UPDATE credit_debts SET settled = settled + part WHERE id = debt.id;
    still := still - part;
  END LOOP;
END $$;
