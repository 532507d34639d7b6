-- Takes expired credits out of a wallet, one transaction for each lot. Returns how many credits expired. Credits that
-- expire after their grant was revoked are no longer owed, because they were never spent.
-- Locks: the lots and debts it changes. The caller holds the lock of the wallet.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_expire_lots(person uuid, wallet uuid, at timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  lot record;
  expiry_id uuid;
  expired_amount integer := 0;
BEGIN
  FOR lot IN
    SELECT id, remaining, expires_at FROM credit_lots
    WHERE user_id = person AND is_open AND expires_at <= at ORDER BY expires_at, id
  LOOP
    expiry_id := uuid_v7(at);
    PERFORM credits_post(
      expiry_id, person, 'EXPIRY', -lot.remaining, lot.remaining, 'expiry:' || expiry_id, 'Expired', lot.id::text,
      NULL, at, wallet, ledger_account('EXPIRY'), lot.remaining);
    UPDATE credit_lots SET remaining = 0 WHERE id = lot.id;
    INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (expiry_id, lot.id, -lot.remaining);
    expired_amount := expired_amount + lot.remaining;
    -- Credits that expire after their grant was revoked are no longer owed: they were never spent.
    UPDATE credit_debts SET forgiven = forgiven + least(lot.remaining, owed - settled - forgiven)
    WHERE grant_id = lot.id AND settled + forgiven < owed;
  END LOOP;
  RETURN expired_amount;
END $$;
