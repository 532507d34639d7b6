-- Takes credits out of lots: what lapses soonest first, then the oldest. A lot of one's own choice goes before them, by a
-- statement of its own: no index has the order of both, so Postgres read everybody's open lots and sorted them (a spend took
-- 1.9 times as long where somebody else had 10,000, six times with as many of one's own). An open lot has a credit at
-- least, so no more lots than credits are wanted; the LIMIT says so to the planner, which reads the index in order then.
CREATE OR REPLACE FUNCTION credits_take(taking uuid, person uuid, amount integer, own_lot uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  lot record;
  still integer := amount;
  part integer;
BEGIN
  IF own_lot IS NOT NULL THEN
    SELECT least(remaining, still) INTO part FROM credit_lots WHERE id = own_lot AND is_open;
    IF FOUND THEN
      UPDATE credit_lots SET remaining = remaining - part WHERE id = own_lot;
      INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (taking, own_lot, -part);
      still := still - part;
    END IF;
  END IF;
  FOR lot IN
    SELECT id, remaining FROM credit_lots WHERE user_id = person AND is_open
    ORDER BY expires_at, created_at, id LIMIT still
  LOOP
    EXIT WHEN still = 0;
    part := least(lot.remaining, still);
    UPDATE credit_lots SET remaining = remaining - part WHERE id = lot.id;
    INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (taking, lot.id, -part);
    still := still - part;
  END LOOP;
  IF still > 0 THEN
    RAISE EXCEPTION 'The lots of % hold less than the wallet.', person USING ERRCODE = 'data_corrupted';
  END IF;
END $$;
