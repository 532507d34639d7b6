-- The function credits_lapse gets the name that the code and the documentation use, and its callers call it by that name.
-- Each definition is a copy of prisma/functions; besides the names, one text changes: the description of new EXPIRY
-- transactions is 'Expired'. The signatures of all commands stay, so the previous release runs on.
ALTER FUNCTION credits_lapse RENAME TO credits_expire_lots;

-- Deferred trigger function on ledger_entries. Checks at the end of the database transaction that the entries of the
-- ledger transaction sum to zero, and that the wallet's entries sum to the amount in credit_transactions.
-- Locks: nothing.
-- Raises: check_violation where either sum differs.
CREATE OR REPLACE FUNCTION check_ledger_transaction()
RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  total bigint;
  of_wallet bigint;
  recorded integer;
BEGIN
  SELECT sum(entry.amount), sum(entry.amount) FILTER (WHERE account.kind = 'WALLET')
  INTO total, of_wallet
  FROM ledger_entries AS entry JOIN ledger_accounts AS account ON account.id = entry.account_id
  WHERE entry.transaction_id = NEW.transaction_id;
  SELECT amount INTO recorded FROM credit_transactions WHERE id = NEW.transaction_id;
  IF total <> 0 OR COALESCE(of_wallet, 0) <> recorded THEN
    RAISE EXCEPTION 'The entries of transaction % do not balance.', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

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

-- Spends credits of a user, after expired ones are taken out. A repeated call with the same key returns the first
-- call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_spend(
  new_id uuid, person uuid, amount integer, new_key text, new_description text, new_reference text, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, new_key, 'SPEND', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_expire_lots(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'SPEND', -amount, amount, new_key, new_description, new_reference, NULL, at,
    wallet, ledger_account('SPENDING'), amount);
  PERFORM credits_take(new_id, person, amount);
  RETURN posted;
END $$;

-- Reserves credits of a user for a piece of work, which `new_reference` names, until it is captured or released. A
-- repeated call with the same reference returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the reference was used with another amount.
CREATE OR REPLACE FUNCTION credits_hold(
  new_id uuid, person uuid, amount integer, new_reference text, new_description text, until timestamptz, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, 'hold:' || new_reference, 'HOLD', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_expire_lots(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'HOLD', -amount, amount, 'hold:' || new_reference, new_description, new_reference, NULL, at,
    wallet, ledger_account('HOLDS'), amount);
  PERFORM credits_take(new_id, person, amount);
  INSERT INTO credit_holds (id, user_id, reference, amount, state, deadline, created_at)
  VALUES (new_id, person, new_reference, amount, 'HELD', until, at);
  RETURN posted;
END $$;

-- Returns the credits of a hold to the wallet: all of them, or the part that was not captured. Credits that expired
-- meanwhile expire again at once; the rest pays debts first.
-- Locks: the wallet of the hold's user.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_return(
  new_id uuid, held credit_holds, amount integer, new_description text, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(held.user_id);
  posted credit_transactions;
BEGIN
  -- Expire first: credits that had expired before this call are not part of what it returns.
  PERFORM credits_expire_lots(held.user_id, wallet, at);
  posted := credits_post(
    new_id, held.user_id, 'RELEASE', amount, amount, 'release:' || held.reference, new_description, held.reference,
    NULL, at, ledger_account('HOLDS'), wallet, amount);
  PERFORM credits_give_back(new_id, held.id, amount);
  PERFORM credits_settle(held.user_id, wallet, amount - credits_expire_lots(held.user_id, wallet, at), at);
  RETURN posted;
END $$;

-- Returns the whole amount of a spend to the lots it came from. A repeated call returns the first call's transaction
-- and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC003 where there is no such spend; PC002 where the key of its refund was used for something else.
CREATE OR REPLACE FUNCTION credits_refund(new_id uuid, person uuid, spend_key text, new_description text, at timestamptz)
RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  spent credit_transactions;
  posted credit_transactions;
BEGIN
  SELECT * INTO spent FROM credit_transactions WHERE user_id = person AND key = spend_key AND kind = 'SPEND';
  IF spent.id IS NULL THEN RAISE EXCEPTION 'There is no such spending.' USING ERRCODE = 'PC003'; END IF;
  posted := credits_known(person, 'refund:' || spend_key, 'REFUND', -spent.amount, spent.id::text);
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  -- Expire first: credits that had expired before this call are not part of what it returns.
  PERFORM credits_expire_lots(person, wallet, at);
  posted := credits_post(
    new_id, person, 'REFUND', -spent.amount, -spent.amount, 'refund:' || spend_key, new_description, spent.id::text,
    NULL, at, ledger_account('SPENDING'), wallet, -spent.amount);
  PERFORM credits_give_back(new_id, spent.id, -spent.amount);
  PERFORM credits_settle(person, wallet, -spent.amount - credits_expire_lots(person, wallet, at), at);
  RETURN posted;
END $$;

-- Takes a whole grant back: from its own lot first, then from others, never below zero. What is missing becomes a
-- debt. Credits of the grant that have expired are not taken. Returns how many credits were taken and how many are
-- owed; a repeated call returns the same and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC003 where there is no such grant.
CREATE OR REPLACE FUNCTION credits_revoke(new_id uuid, person uuid, grant_key text, new_description text, at timestamptz)
RETURNS TABLE (taken integer, owed integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  given credit_transactions;
  source uuid;
  due integer;
  available integer;
BEGIN
  SELECT * INTO given FROM credit_transactions
  WHERE user_id = person AND key = grant_key AND kind IN ('GRANT', 'PURCHASE');
  IF given.id IS NULL THEN RAISE EXCEPTION 'There is no such grant.' USING ERRCODE = 'PC003'; END IF;
  SELECT COALESCE(-sum(transaction.amount), 0) INTO taken FROM credit_transactions AS transaction
  WHERE transaction.user_id = person AND transaction.key = 'revoke:' || grant_key;
  SELECT COALESCE(sum(debt.owed), 0) INTO owed FROM credit_debts AS debt
  WHERE debt.user_id = person AND debt.grant_id = given.id;
  IF taken + owed > 0 THEN RETURN NEXT; RETURN; END IF;

  PERFORM credits_expire_lots(person, wallet, at);
  SELECT given.amount + COALESCE(sum(movement.amount), 0) INTO due
  FROM credit_lot_movements AS movement JOIN credit_transactions AS transaction ON transaction.id = movement.transaction_id
  WHERE movement.lot_id = given.id AND transaction.kind = 'EXPIRY';
  SELECT balance INTO available FROM ledger_accounts WHERE id = wallet;
  SELECT account_id INTO source FROM ledger_entries WHERE transaction_id = given.id AND account_id <> wallet;
  taken := least(due, available);
  owed := due - taken;
  IF taken > 0 THEN
    PERFORM credits_post(
      new_id, person, 'REVOCATION', -taken, taken, 'revoke:' || grant_key, new_description, given.id::text, NULL, at,
      wallet, source, taken);
    PERFORM credits_take(new_id, person, taken, given.id);
  END IF;
  IF owed > 0 THEN
    INSERT INTO credit_debts (id, user_id, grant_id, account_id, owed, settled, created_at)
    VALUES (uuid_v7(at), person, given.id, source, owed, 0, at);
  END IF;
  RETURN NEXT;
END $$;

-- Takes expired credits out of the wallet of a user. Returns how many credits expired.
-- Locks: the wallet of the user.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_expire(person uuid, at timestamptz)
RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT credits_expire_lots(person, credits_lock(person), at)
$$;

-- Gives a revoked grant again, under a new key. The new lot pays what is still owed for the revoked grant first: the
-- payment is back, so the user has neither the credits twice nor a debt for them. A repeated call with the same key
-- returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user, then the debt of the revoked grant.
-- Raises: PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_reinstate(
  new_id uuid, person uuid, revoked_key text, granted_amount integer, source "LedgerAccountKind", new_key text,
  new_description text, new_reference text, expires timestamptz, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  is_known boolean := EXISTS (SELECT FROM credit_transactions WHERE user_id = person AND key = new_key);
  posted credit_transactions := credits_grant(
    new_id, person, granted_amount, source, new_key, new_description, new_reference, expires, at);
  debt record;
  settling uuid := uuid_v7(at);
BEGIN
  IF is_known THEN RETURN posted; END IF;
  -- Credits of the revoked grant that expired meanwhile are not owed.
  PERFORM credits_expire_lots(person, wallet, at);
  SELECT owing.id, owing.account_id, least(owing.owed - owing.settled - owing.forgiven, granted_amount) AS due INTO debt
  FROM credit_debts AS owing JOIN credit_transactions AS given ON given.id = owing.grant_id
  WHERE given.user_id = person AND given.key = revoked_key FOR UPDATE OF owing;
  IF debt.due > 0 THEN
    PERFORM credits_post(
      settling, person, 'REVOCATION', -debt.due, debt.due, 'settlement:' || settling, 'Settled what was owed',
      debt.id::text, NULL, at, wallet, debt.account_id, debt.due);
    PERFORM credits_take(settling, person, debt.due, posted.id);
    UPDATE credit_debts SET settled = settled + debt.due WHERE id = debt.id;
  END IF;
  RETURN posted;
END $$;
