-- Checks that a wallet has at least an amount.
-- Locks: nothing. The caller holds the lock of the wallet.
-- Raises: PC001 where it has less; the detail is the balance.
CREATE OR REPLACE FUNCTION credits_require(wallet uuid, amount integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  available integer;
BEGIN
  SELECT balance INTO available FROM ledger_accounts WHERE id = wallet;
  IF available < amount THEN
    RAISE EXCEPTION 'Not enough credits.' USING ERRCODE = 'PC001', DETAIL = available::text;
  END IF;
END $$;
