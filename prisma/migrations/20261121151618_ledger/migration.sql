-- CreateEnum
CREATE TYPE "LedgerAccountKind" AS ENUM ('WALLET', 'GIFTS', 'PLANS', 'PURCHASES', 'SPENDING', 'HOLDS', 'EXPIRY');

-- CreateEnum
CREATE TYPE "CreditTransactionKind" AS ENUM ('GRANT', 'PURCHASE', 'SPEND', 'HOLD', 'CAPTURE', 'RELEASE', 'REFUND', 'EXPIRY', 'REVOCATION');

-- CreateEnum
CREATE TYPE "CreditHoldState" AS ENUM ('HELD', 'CAPTURED', 'RELEASED');

-- CreateTable
CREATE TABLE "ledger_accounts" (
    "id" UUID NOT NULL,
    "kind" "LedgerAccountKind" NOT NULL,
    "user_id" UUID,
    "balance" INTEGER,
    "last_sequence" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "ledger_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credit_transactions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "kind" "CreditTransactionKind" NOT NULL,
    "amount" INTEGER NOT NULL,
    "requested" INTEGER NOT NULL,
    "balance_after" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "reference" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credit_transactions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_entries" (
    "transaction_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "amount" INTEGER NOT NULL,

    CONSTRAINT "ledger_entries_pkey" PRIMARY KEY ("transaction_id","account_id")
);

-- CreateTable
-- By hand: Prisma knows no generated columns.
CREATE TABLE "credit_lots" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "granted" INTEGER NOT NULL,
    "remaining" INTEGER NOT NULL,
    "expires_at" timestamptz(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "is_open" BOOLEAN NOT NULL GENERATED ALWAYS AS ("remaining" > 0) STORED,

    CONSTRAINT "credit_lots_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credit_lot_movements" (
    "transaction_id" UUID NOT NULL,
    "lot_id" UUID NOT NULL,
    "amount" INTEGER NOT NULL,

    CONSTRAINT "credit_lot_movements_pkey" PRIMARY KEY ("transaction_id","lot_id")
);

-- CreateTable
CREATE TABLE "credit_holds" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "captured" INTEGER,
    "state" "CreditHoldState" NOT NULL DEFAULT 'HELD',
    "deadline" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "credit_holds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credit_debts" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "grant_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "owed" INTEGER NOT NULL,
    "settled" INTEGER NOT NULL DEFAULT 0,
    "forgiven" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credit_debts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ledger_accounts_user_id_key" ON "ledger_accounts"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "credit_transactions_user_id_key_key" ON "credit_transactions"("user_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "credit_transactions_user_id_sequence_key" ON "credit_transactions"("user_id", "sequence");

-- CreateIndex
CREATE INDEX "ledger_entries_account_id_idx" ON "ledger_entries"("account_id");

-- CreateIndex
CREATE INDEX "credit_lots_user_id_is_open_expires_at_created_at_id_idx" ON "credit_lots"("user_id", "is_open", "expires_at", "created_at", "id");

-- CreateIndex
CREATE INDEX "credit_lots_is_open_expires_at_idx" ON "credit_lots"("is_open", "expires_at");

-- CreateIndex
CREATE INDEX "credit_lot_movements_lot_id_idx" ON "credit_lot_movements"("lot_id");

-- CreateIndex
CREATE UNIQUE INDEX "credit_holds_reference_key" ON "credit_holds"("reference");

-- CreateIndex
CREATE INDEX "credit_holds_state_deadline_idx" ON "credit_holds"("state", "deadline");

-- CreateIndex
CREATE UNIQUE INDEX "credit_debts_grant_id_key" ON "credit_debts"("grant_id");

-- CreateIndex
CREATE INDEX "credit_debts_user_id_created_at_id_idx" ON "credit_debts"("user_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_transactions" ADD CONSTRAINT "credit_transactions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "credit_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "ledger_accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_lots" ADD CONSTRAINT "credit_lots_id_fkey" FOREIGN KEY ("id") REFERENCES "credit_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_lot_movements" ADD CONSTRAINT "credit_lot_movements_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "credit_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_lot_movements" ADD CONSTRAINT "credit_lot_movements_lot_id_fkey" FOREIGN KEY ("lot_id") REFERENCES "credit_lots"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_holds" ADD CONSTRAINT "credit_holds_id_fkey" FOREIGN KEY ("id") REFERENCES "credit_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_debts" ADD CONSTRAINT "credit_debts_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "credit_transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_debts" ADD CONSTRAINT "credit_debts_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "ledger_accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- CreateTable
CREATE TABLE "gifted_addresses" (
    "address_hash" TEXT NOT NULL,
    "forget_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gifted_addresses_pkey" PRIMARY KEY ("address_hash")
);

-- CreateIndex
CREATE INDEX "gifted_addresses_forget_at_idx" ON "gifted_addresses"("forget_at");

-- ---- The ledger. By hand: what must hold whatever the code does.

-- System accounts carry no balance: every write would meet on their row.
INSERT INTO "ledger_accounts" ("id", "kind") VALUES
  ('00000000-0000-7000-8000-000000000001', 'GIFTS'),
  ('00000000-0000-7000-8000-000000000002', 'PLANS'),
  ('00000000-0000-7000-8000-000000000003', 'PURCHASES'),
  ('00000000-0000-7000-8000-000000000004', 'SPENDING'),
  ('00000000-0000-7000-8000-000000000005', 'HOLDS'),
  ('00000000-0000-7000-8000-000000000006', 'EXPIRY');

ALTER TABLE "ledger_accounts"
  ADD CONSTRAINT "ledger_accounts_wallet_is_whole" CHECK (
    ("kind" = 'WALLET') = ("user_id" IS NOT NULL) AND ("kind" = 'WALLET') = ("balance" IS NOT NULL)),
  ADD CONSTRAINT "ledger_accounts_never_below_zero" CHECK ("balance" >= 0);
ALTER TABLE "credit_transactions"
  ADD CONSTRAINT "credit_transactions_balance_positive" CHECK ("balance_after" >= 0),
  ADD CONSTRAINT "credit_transactions_amount_fits_kind" CHECK (
    CASE WHEN "kind" IN ('GRANT', 'PURCHASE', 'RELEASE', 'REFUND') THEN "amount" > 0
         WHEN "kind" = 'CAPTURE' THEN "amount" = 0
         ELSE "amount" < 0 END);
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_move_something" CHECK ("amount" <> 0);
ALTER TABLE "credit_lots"
  ADD CONSTRAINT "credit_lots_within_bounds" CHECK ("remaining" BETWEEN 0 AND "granted" AND "granted" > 0);
ALTER TABLE "credit_lot_movements" ADD CONSTRAINT "credit_lot_movements_move_something" CHECK ("amount" <> 0);
ALTER TABLE "credit_holds"
  ADD CONSTRAINT "credit_holds_within_bounds" CHECK (
    "amount" > 0 AND ("state" = 'CAPTURED') = ("captured" IS NOT NULL) AND COALESCE("captured", 1) BETWEEN 1 AND "amount"
    AND ("state" = 'HELD') = ("ended_at" IS NULL));
ALTER TABLE "credit_debts"
  ADD CONSTRAINT "credit_debts_within_bounds" CHECK (
    "owed" > 0 AND "settled" >= 0 AND "forgiven" >= 0 AND "settled" + "forgiven" <= "owed");

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % are never changed or removed.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER "credit_transactions_append_only" BEFORE UPDATE OR DELETE ON "credit_transactions"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "ledger_entries_append_only" BEFORE UPDATE OR DELETE ON "ledger_entries"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "credit_lot_movements_append_only" BEFORE UPDATE OR DELETE ON "credit_lot_movements"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "credit_transactions_no_truncate" BEFORE TRUNCATE ON "credit_transactions" EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "credit_lot_movements_no_truncate" BEFORE TRUNCATE ON "credit_lot_movements"
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "ledger_entries_no_truncate" BEFORE TRUNCATE ON "ledger_entries" EXECUTE FUNCTION refuse_change();

-- At the end of its database transaction every ledger transaction must balance, and agree with what it says of the wallet.
CREATE FUNCTION check_ledger_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  total bigint;
  of_wallet bigint;
  said integer;
BEGIN
  SELECT sum(entry.amount), sum(entry.amount) FILTER (WHERE account.kind = 'WALLET')
  INTO total, of_wallet
  FROM ledger_entries AS entry JOIN ledger_accounts AS account ON account.id = entry.account_id
  WHERE entry.transaction_id = NEW.transaction_id;
  SELECT amount INTO said FROM credit_transactions WHERE id = NEW.transaction_id;
  IF total <> 0 OR COALESCE(of_wallet, 0) <> said THEN
    RAISE EXCEPTION 'The entries of transaction % do not balance.', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "ledger_entries_balance" AFTER INSERT ON "ledger_entries"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_transaction();

-- A transaction without entries would say something of a wallet that the ledger does not.
CREATE FUNCTION check_ledger_entries_exist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.id) THEN
    RAISE EXCEPTION 'Transaction % has no entries.', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "credit_transactions_have_entries" AFTER INSERT ON "credit_transactions"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_entries_exist();

-- The cached balance is what the wallet's newest transaction left, or it was changed by somebody else than the ledger.
CREATE FUNCTION check_wallet_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wallet ledger_accounts;
  left_by_newest integer;
BEGIN
  SELECT * INTO wallet FROM ledger_accounts WHERE id = NEW.id;
  SELECT balance_after INTO left_by_newest FROM credit_transactions
  WHERE user_id = wallet.user_id AND sequence = wallet.last_sequence;
  IF wallet.balance <> COALESCE(left_by_newest, 0) THEN
    RAISE EXCEPTION 'The balance of wallet % is not what its transactions say.', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "ledger_accounts_balance_is_posted" AFTER INSERT OR UPDATE ON "ledger_accounts"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'WALLET') EXECUTE FUNCTION check_wallet_balance();

-- ---- The commands. Each locks the wallet first, so that all that follows reads what the last one left.

-- The system account of a kind.
CREATE FUNCTION ledger_account(wanted "LedgerAccountKind") RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT id FROM ledger_accounts WHERE kind = wanted AND user_id IS NULL
$$;

-- Locks a person's wallet, making it when it is not there yet.
CREATE FUNCTION credits_lock(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid;
BEGIN
  SELECT id INTO wallet FROM ledger_accounts WHERE user_id = person FOR UPDATE;
  IF wallet IS NULL THEN
    INSERT INTO ledger_accounts (id, kind, user_id, balance) VALUES (gen_random_uuid(), 'WALLET', person, 0)
    ON CONFLICT (user_id) DO NOTHING;
    SELECT id INTO wallet FROM ledger_accounts WHERE user_id = person FOR UPDATE;
  END IF;
  RETURN wallet;
END $$;

-- What a key did before. Another effect under the same key is a conflict (PC002).
CREATE FUNCTION credits_known(
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

-- Writes a transaction, its two entries and the wallet's new balance. The wallet is locked.
CREATE FUNCTION credits_post(
  new_id uuid, person uuid, new_kind "CreditTransactionKind", delta integer, requested_amount integer,
  new_key text, new_description text, new_reference text, expires timestamptz, at timestamptz,
  debit uuid, credit uuid, moved integer
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  posted credit_transactions;
  new_balance integer;
  new_sequence integer;
BEGIN
  UPDATE ledger_accounts SET balance = balance + delta, last_sequence = last_sequence + 1
  WHERE user_id = person RETURNING balance, last_sequence INTO new_balance, new_sequence;
  INSERT INTO credit_transactions (
    id, user_id, sequence, kind, amount, requested, balance_after, key, description, reference, expires_at, created_at)
  VALUES (
    new_id, person, new_sequence, new_kind, delta, requested_amount, new_balance, new_key, new_description,
    new_reference, expires, at)
  RETURNING * INTO posted;
  INSERT INTO ledger_entries (transaction_id, account_id, amount) VALUES (new_id, debit, -moved), (new_id, credit, moved);
  RETURN posted;
END $$;

-- A UUIDv7 of an instant, for what SQL itself makes (PostgreSQL has one of its own from 18 on).
CREATE FUNCTION uuid_v7(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;

-- Takes credits out of lots: what lapses soonest first, then the oldest. A lot of one's own choice goes before them.
CREATE FUNCTION credits_take(taking uuid, person uuid, amount integer, own_lot uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  lot record;
  still integer := amount;
  part integer;
BEGIN
  FOR lot IN
    SELECT id, remaining FROM credit_lots WHERE user_id = person AND is_open
    ORDER BY id IS NOT DISTINCT FROM own_lot DESC, expires_at, created_at, id
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

-- Gives credits back to the lots that a transaction took them from: to what lapses last first.
CREATE FUNCTION credits_give_back(giving uuid, taken_by uuid, amount integer) RETURNS void LANGUAGE plpgsql AS $$
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

-- Takes what has lapsed out of a wallet, a transaction for each lot. The wallet is locked.
CREATE FUNCTION credits_lapse(person uuid, wallet uuid, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  lot record;
  lapsing uuid;
  lapsed integer := 0;
BEGIN
  FOR lot IN
    SELECT id, remaining, expires_at FROM credit_lots
    WHERE user_id = person AND is_open AND expires_at <= at ORDER BY expires_at, id
  LOOP
    lapsing := uuid_v7(at);
    PERFORM credits_post(
      lapsing, person, 'EXPIRY', -lot.remaining, lot.remaining, 'expiry:' || lapsing, 'Lapsed', lot.id::text,
      NULL, at, wallet, ledger_account('EXPIRY'), lot.remaining);
    UPDATE credit_lots SET remaining = 0 WHERE id = lot.id;
    INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (lapsing, lot.id, -lot.remaining);
    lapsed := lapsed + lot.remaining;
    -- What lapses of a grant that was taken back is owed no longer: it was never spent.
    UPDATE credit_debts SET forgiven = forgiven + least(lot.remaining, owed - settled - forgiven)
    WHERE grant_id = lot.id AND settled + forgiven < owed;
  END LOOP;
  RETURN lapsed;
END $$;

-- Pays debts, the oldest first, from what a release or refund has just brought.
CREATE FUNCTION credits_settle(person uuid, wallet uuid, brought integer, at timestamptz) RETURNS void
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

CREATE FUNCTION credits_grant(
  new_id uuid, person uuid, granted_amount integer, source "LedgerAccountKind", new_key text, new_description text,
  new_reference text, expires timestamptz, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(person);
  new_kind "CreditTransactionKind" := CASE WHEN source = 'PURCHASES' THEN 'PURCHASE' ELSE 'GRANT' END;
  posted credit_transactions := credits_known(person, new_key, new_kind, granted_amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  posted := credits_post(
    new_id, person, new_kind, granted_amount, granted_amount, new_key, new_description, new_reference, expires, at,
    ledger_account(source), wallet, granted_amount);
  INSERT INTO credit_lots (id, user_id, granted, remaining, expires_at, created_at)
  VALUES (new_id, person, granted_amount, granted_amount, COALESCE(expires, 'infinity'), at);
  INSERT INTO credit_lot_movements (transaction_id, lot_id, amount) VALUES (new_id, new_id, granted_amount);
  RETURN posted;
END $$;

-- PC001: too little is there; the detail is what is.
CREATE FUNCTION credits_require(wallet uuid, amount integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  available integer;
BEGIN
  SELECT balance INTO available FROM ledger_accounts WHERE id = wallet;
  IF available < amount THEN
    RAISE EXCEPTION 'Not enough credits.' USING ERRCODE = 'PC001', DETAIL = available::text;
  END IF;
END $$;

CREATE FUNCTION credits_spend(
  new_id uuid, person uuid, amount integer, new_key text, new_description text, new_reference text, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, new_key, 'SPEND', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_lapse(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'SPEND', -amount, amount, new_key, new_description, new_reference, NULL, at,
    wallet, ledger_account('SPENDING'), amount);
  PERFORM credits_take(new_id, person, amount);
  RETURN posted;
END $$;

CREATE FUNCTION credits_hold(
  new_id uuid, person uuid, amount integer, new_reference text, new_description text, until timestamptz, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(person);
  posted credit_transactions := credits_known(person, 'hold:' || new_reference, 'HOLD', amount, new_reference);
BEGIN
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  PERFORM credits_lapse(person, wallet, at);
  PERFORM credits_require(wallet, amount);
  posted := credits_post(
    new_id, person, 'HOLD', -amount, amount, 'hold:' || new_reference, new_description, new_reference, NULL, at,
    wallet, ledger_account('HOLDS'), amount);
  PERFORM credits_take(new_id, person, amount);
  INSERT INTO credit_holds (id, user_id, reference, amount, state, deadline, created_at)
  VALUES (new_id, person, new_reference, amount, 'HELD', until, at);
  RETURN posted;
END $$;

-- Locks a hold, behind its wallet. PC003: there is none. PC004: it has ended; the detail is how.
CREATE FUNCTION credits_lock_hold(wanted text) RETURNS credit_holds LANGUAGE plpgsql AS $$
DECLARE
  held credit_holds;
BEGIN
  SELECT * INTO held FROM credit_holds WHERE reference = wanted;
  IF held.id IS NULL THEN RAISE EXCEPTION 'There is no such hold.' USING ERRCODE = 'PC003'; END IF;
  PERFORM credits_lock(held.user_id);
  SELECT * INTO held FROM credit_holds WHERE id = held.id FOR UPDATE;
  IF held.state <> 'HELD' THEN
    RAISE EXCEPTION 'The hold has ended.' USING ERRCODE = 'PC004', DETAIL = held.state::text;
  END IF;
  RETURN held;
END $$;

-- Gives back what a hold took, all or the part that was not captured.
CREATE FUNCTION credits_return(
  new_id uuid, held credit_holds, amount integer, new_description text, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(held.user_id);
  posted credit_transactions;
BEGIN
  -- What had lapsed before is not of what this brings.
  PERFORM credits_lapse(held.user_id, wallet, at);
  posted := credits_post(
    new_id, held.user_id, 'RELEASE', amount, amount, 'release:' || held.reference, new_description, held.reference,
    NULL, at, ledger_account('HOLDS'), wallet, amount);
  PERFORM credits_give_back(new_id, held.id, amount);
  PERFORM credits_settle(held.user_id, wallet, amount - credits_lapse(held.user_id, wallet, at), at);
  RETURN posted;
END $$;

-- PC005: more than is held; the detail is how much is. What is not captured is released.
CREATE FUNCTION credits_capture(
  new_id uuid, wanted text, captured_amount integer, new_description text, at timestamptz
) RETURNS credit_transactions LANGUAGE plpgsql AS $$
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
    ledger_account('HOLDS'), ledger_account('SPENDING'), taking);
  UPDATE credit_holds SET state = 'CAPTURED', captured = taking, ended_at = at WHERE id = held.id;
  IF taking < held.amount THEN
    PERFORM credits_return(uuid_v7(at), held, held.amount - taking, new_description, at);
  END IF;
  RETURN posted;
END $$;

CREATE FUNCTION credits_release(new_id uuid, wanted text, new_description text, at timestamptz)
RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  held credit_holds := credits_lock_hold(wanted);
BEGIN
  UPDATE credit_holds SET state = 'RELEASED', ended_at = at WHERE id = held.id;
  RETURN credits_return(new_id, held, held.amount, new_description, at);
END $$;

-- Gives a whole spending back, once.
CREATE FUNCTION credits_refund(new_id uuid, person uuid, spend_key text, new_description text, at timestamptz)
RETURNS credit_transactions LANGUAGE plpgsql AS $$
DECLARE
  wallet uuid := credits_lock(person);
  spent credit_transactions;
  posted credit_transactions;
BEGIN
  SELECT * INTO spent FROM credit_transactions WHERE user_id = person AND key = spend_key AND kind = 'SPEND';
  IF spent.id IS NULL THEN RAISE EXCEPTION 'There is no such spending.' USING ERRCODE = 'PC003'; END IF;
  posted := credits_known(person, 'refund:' || spend_key, 'REFUND', -spent.amount, spent.id::text);
  IF posted.id IS NOT NULL THEN RETURN posted; END IF;
  -- What had lapsed before is not of what this brings.
  PERFORM credits_lapse(person, wallet, at);
  posted := credits_post(
    new_id, person, 'REFUND', -spent.amount, -spent.amount, 'refund:' || spend_key, new_description, spent.id::text,
    NULL, at, ledger_account('SPENDING'), wallet, -spent.amount);
  PERFORM credits_give_back(new_id, spent.id, -spent.amount);
  PERFORM credits_settle(person, wallet, -spent.amount - credits_lapse(person, wallet, at), at);
  RETURN posted;
END $$;

-- Takes a whole grant back, once: its own lot first, then others, never below zero. What is missing is owed; what had
-- lapsed of it was never had.
CREATE FUNCTION credits_revoke(new_id uuid, person uuid, grant_key text, new_description text, at timestamptz)
RETURNS TABLE (taken integer, owed integer) LANGUAGE plpgsql AS $$
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

  PERFORM credits_lapse(person, wallet, at);
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

-- Takes what has lapsed out of one wallet.
CREATE FUNCTION credits_expire(person uuid, at timestamptz) RETURNS integer LANGUAGE sql AS $$
  SELECT credits_lapse(person, credits_lock(person), at)
$$;
