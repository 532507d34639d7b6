-- Free text about a user moves out of rows that never change into personal_texts, which the erasure of the user deletes.
-- The rows keep the id of the text. The previous release runs on: the commands of the ledger accept its calls, and two
-- triggers move what it writes. It shows 'Granted by an admin' in place of an admin's reason.

-- CreateTable
CREATE TABLE "personal_texts" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "personal_texts_pkey" PRIMARY KEY ("user_id","id")
);

-- AddForeignKey
ALTER TABLE "personal_texts" ADD CONSTRAINT "personal_texts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "credit_transactions" ADD COLUMN "text_id" UUID;

-- AlterTable
ALTER TABLE "audit_log" ADD COLUMN "reason_id" UUID;

-- Written by hand from here on. Each function is a copy of prisma/functions.
DROP FUNCTION credits_post, credits_return, credits_grant, credits_hold, credits_capture, credits_release, credits_refund,
  credits_spend;

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

-- Returns the ledger key of a grant by an admin with the hash of the idempotency key in place of the key, which is text
-- that an admin has chosen: 'admin:<admin>:<key>' becomes 'admin:<admin>:sha256:<hash>'. See grant-by-admin.ts.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION admin_grant_key(plain text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT left(plain, 43) || 'sha256:' || encode(sha256(convert_to(substr(plain, 44), 'UTF8')), 'hex')
$$;

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

-- Returns the credits of a hold to the wallet: all of them, or the part that was not captured. Credits that expired
-- meanwhile expire again at once; the rest pays debts first.
-- Locks: the wallet of the hold's user.
-- Raises: nothing of its own.
CREATE OR REPLACE FUNCTION credits_return(
  new_id uuid, held credit_holds, amount integer, new_description text, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(held.user_id);
  posted credit_transactions;
BEGIN
  -- Expire first: credits that had expired before this call are not part of what it returns.
  PERFORM credits_expire_lots(held.user_id, wallet, at);
  posted := credits_post(
    new_id, held.user_id, 'RELEASE', amount, amount, 'release:' || held.reference, new_description, held.reference,
    NULL, at, ledger_account('HOLDS'), wallet, amount, personal_text);
  PERFORM credits_give_back(new_id, held.id, amount);
  PERFORM credits_settle(held.user_id, wallet, amount - credits_expire_lots(held.user_id, wallet, at), at);
  RETURN posted;
END $$;

-- Gives credits to a user as a lot of their own, from the system account `source`. A repeated call with the same key
-- returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_grant(
  new_id uuid, person uuid, granted_amount integer, source "LedgerAccountKind", new_key text, new_description text,
  new_reference text, expires timestamptz, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wallet uuid := credits_lock(person);
  new_kind "CreditTransactionKind" := CASE WHEN source = 'PURCHASES' THEN 'PURCHASE' ELSE 'GRANT' END;
  posted credit_transactions := credits_known(person, new_key, new_kind, granted_amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  posted := credits_post(
    new_id, person, new_kind, granted_amount, granted_amount, new_key, new_description, new_reference, expires, at,
    ledger_account(source), wallet, granted_amount, personal_text);
  INSERT INTO credit_lots (id, user_id, granted, remaining, expires_at, created_at)
  VALUES (new_id, person, granted_amount, granted_amount, COALESCE(expires, 'infinity'), at);
  INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (new_id, new_id, granted_amount);
  RETURN posted;
END $$;

-- Reserves credits of a user for a piece of work, which `new_reference` names, until it is captured or released. A
-- repeated call with the same reference returns the first call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the reference was used with another amount.
CREATE OR REPLACE FUNCTION credits_hold(
  new_id uuid, person uuid, amount integer, new_reference text, new_description text, until timestamptz, at timestamptz,
  personal_text text DEFAULT NULL
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
    wallet, ledger_account('HOLDS'), amount, personal_text);
  PERFORM credits_take(new_id, person, amount);
  INSERT INTO credit_holds (id, user_id, reference, amount, state, deadline, created_at)
  VALUES (new_id, person, new_reference, amount, 'HELD', until, at);
  RETURN posted;
END $$;

-- Spends the credits of a hold: all of them where `captured_amount` is null, else that many. The rest is released in
-- the same transaction.
-- Locks: the wallet of the hold's user, then the hold.
-- Raises: PC003 where there is no such hold; PC004 where it has ended; the detail is its state. PC005 where more is
-- captured than held; the detail is the amount of the hold.
CREATE OR REPLACE FUNCTION credits_capture(
  new_id uuid, wanted text, captured_amount integer, new_description text, at timestamptz,
  personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held credit_holds := credits_lock_hold(wanted);
  taking integer := COALESCE(captured_amount, held.amount);
  posted credit_transactions;
BEGIN
  IF taking > held.amount THEN
    RAISE EXCEPTION 'More than is held.' USING ERRCODE = 'PC005', DETAIL = held.amount::text;
  END IF;
  posted := credits_post(
    new_id, held.user_id, 'CAPTURE', 0, taking, 'capture:' || held.reference, new_description, held.reference, NULL, at,
    ledger_account('HOLDS'), ledger_account('SPENDING'), taking, personal_text);
  UPDATE credit_holds SET state = 'CAPTURED', captured = taking, ended_at = at WHERE id = held.id;
  IF taking < held.amount THEN
    PERFORM credits_return(uuid_v7(at), held, held.amount - taking, new_description, at, personal_text);
  END IF;
  RETURN posted;
END $$;

-- Ends a hold without spending: all its credits return to the wallet.
-- Locks: the wallet of the hold's user, then the hold.
-- Raises: PC003 where there is no such hold; PC004 where it has ended; the detail is its state.
CREATE OR REPLACE FUNCTION credits_release(
  new_id uuid, wanted text, new_description text, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held credit_holds := credits_lock_hold(wanted);
BEGIN
  UPDATE credit_holds SET state = 'RELEASED', ended_at = at WHERE id = held.id;
  RETURN credits_return(new_id, held, held.amount, new_description, at, personal_text);
END $$;

-- Returns the whole amount of a spend to the lots it came from. A repeated call returns the first call's transaction
-- and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC003 where there is no such spend; PC002 where the key of its refund was used for something else.
CREATE OR REPLACE FUNCTION credits_refund(
  new_id uuid, person uuid, spend_key text, new_description text, at timestamptz, personal_text text DEFAULT NULL
) RETURNS credit_transactions LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
    NULL, at, ledger_account('SPENDING'), wallet, -spent.amount, personal_text);
  PERFORM credits_give_back(new_id, spent.id, -spent.amount);
  PERFORM credits_settle(person, wallet, -spent.amount - credits_expire_lots(person, wallet, at), at);
  RETURN posted;
END $$;

-- Spends credits of a user, after expired ones are taken out. A repeated call with the same key returns the first
-- call's transaction and changes nothing.
-- Locks: the wallet of the user.
-- Raises: PC001 where the wallet has less than the amount; PC002 where the key was used for something else.
CREATE OR REPLACE FUNCTION credits_spend(
  new_id uuid, person uuid, amount integer, new_key text, new_description text, new_reference text, at timestamptz,
  personal_text text DEFAULT NULL
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
    wallet, ledger_account('SPENDING'), amount, personal_text);
  PERFORM credits_take(new_id, person, amount);
  RETURN posted;
END $$;

-- Trigger function on audit_log, for the previous release, which writes reasons into the row. Moves the reason into
-- personal_texts.
-- Locks: the key of the subject's row in users.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION audit_log_move_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.reason_id := personal_text_store(NEW.subject_id, NEW.reason, NEW.created_at);
  NEW.reason := NULL;
  RETURN NEW;
END $$;

-- Trigger function on credit_transactions, for the previous release, which writes an admin's reason and idempotency key
-- into the row. Moves the reason into personal_texts, and replaces the key by its hash.
-- Locks: the user's key.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION credit_transactions_move_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.text_id := personal_text_store(NEW.user_id, NEW.description, NEW.created_at);
  NEW.description := 'Granted by an admin';
  NEW.key := admin_grant_key(NEW.key);
  RETURN NEW;
END $$;

REVOKE EXECUTE ON FUNCTION
  credits_grant, credits_spend, credits_hold, credits_capture, credits_release, credits_refund
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  credits_grant, credits_spend, credits_hold, credits_capture, credits_release, credits_refund
  TO pacer_runtime;

-- Moves the reasons of existing grants by admins. An erased user's are deleted: their rows keep an id without a text.
-- With the triggers off, the owner may change these rows; the locks are held until the migration ends.
ALTER TABLE "credit_transactions" DISABLE TRIGGER "credit_transactions_append_only";
ALTER TABLE "audit_log" DISABLE TRIGGER "audit_log_append_only";

UPDATE credit_transactions
SET text_id = COALESCE(personal_text_store(user_id, description, created_at), gen_random_uuid()),
  description = 'Granted by an admin',
  key = admin_grant_key(key)
WHERE key LIKE 'admin:%';

-- The grant and its entry in the audit log have one reason, and so one text.
UPDATE audit_log SET reason_id = granted.text_id, reason = NULL
FROM credit_transactions AS granted
WHERE audit_log.reason IS NOT NULL AND granted.id = (audit_log.after ->> 'transactionId')::uuid
  AND granted.user_id = audit_log.subject_id AND granted.text_id IS NOT NULL;
UPDATE audit_log
SET reason_id = COALESCE(personal_text_store(subject_id, reason, created_at), gen_random_uuid()), reason = NULL
WHERE reason IS NOT NULL;

ALTER TABLE "credit_transactions" ENABLE TRIGGER "credit_transactions_append_only";
ALTER TABLE "audit_log" ENABLE TRIGGER "audit_log_append_only";

-- For the previous release. The column audit_log.reason and both triggers are dropped in the next one.
CREATE TRIGGER "audit_log_move_reason" BEFORE INSERT ON "audit_log"
  FOR EACH ROW WHEN (NEW.reason IS NOT NULL) EXECUTE FUNCTION audit_log_move_reason();
CREATE TRIGGER "credit_transactions_move_text" BEFORE INSERT ON "credit_transactions"
  FOR EACH ROW WHEN (NEW.key LIKE 'admin:%' AND NEW.key !~ '^admin:[0-9a-f-]{36}:sha256:[0-9a-f]{64}$')
  EXECUTE FUNCTION credit_transactions_move_text();
