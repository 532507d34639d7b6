-- Returns credits to the lots that the transaction `taken_by` took them from, to the lot that expires last first.
-- `giving` is the id of the transaction that returns them.
-- Locks: the lots it changes. The caller holds the lock of the wallet.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_give_back(giving uuid, taken_by uuid, amount integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  lot record;
  still integer := amount;
  part integer;
BEGIN
  FOR lot IN
    SELECT credit_lots.id, -movement.amount AS taken
    FROM credit_lot_movements AS movement JOIN credit_lots ON credit_lots.id = movement.lot_id
    WHERE movement.transaction_id = taken_by
    ORDER BY expires_at DESC, created_at DESC, credit_lots.id DESC
  LOOP
    EXIT WHEN still = 0;
    part := least(lot.taken, still);
    UPDATE credit_lots SET remaining = remaining + part WHERE id = lot.id;
    INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (giving, lot.id, part);
    still := still - part;
  END LOOP;
END $$;
