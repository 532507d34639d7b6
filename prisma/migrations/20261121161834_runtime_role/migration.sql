-- What the running program may do. It connects with a login that is a member of pacer_runtime (docs/operations.md), which
-- owns nothing: it cannot change a table, switch a trigger off or truncate.

-- Roles belong to the whole cluster: another database's migration may make it in the same moment. Where the owner may not
-- make roles, an administrator makes it before.
DO $$
BEGIN
  IF to_regrole('pacer_runtime') IS NULL THEN
    CREATE ROLE pacer_runtime NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- Since PostgreSQL 15 this is so from the start; a database that was upgraded from an older one still lets everybody.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO pacer_runtime;

-- Rows, and nothing but rows: never TRUNCATE, REFERENCES or TRIGGER. The same for the tables of other migrations, which
-- take away what nobody may do with theirs (src/platform/runtime-role.test.ts lists each).
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO pacer_runtime;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO pacer_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO pacer_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO pacer_runtime;

-- Written once.
REVOKE UPDATE, DELETE ON audit_log FROM pacer_runtime;

-- The ledger is read by everybody and written by its commands alone, which run as their owner.
REVOKE INSERT, UPDATE, DELETE
  ON ledger_accounts, credit_transactions, ledger_entries, credit_lots, credit_lot_movements, credit_holds, credit_debts
  FROM pacer_runtime;
-- Work that goes on is waited for longer; that moves nothing.
GRANT UPDATE ("deadline") ON credit_holds TO pacer_runtime;
ALTER FUNCTION credits_grant SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_spend SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_hold SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_capture SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_release SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_refund SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_revoke SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION credits_expire SECURITY DEFINER SET search_path = public, pg_temp;
-- The checks at the end of a transaction run with the search path of its session.
ALTER FUNCTION check_ledger_transaction SET search_path = public, pg_temp;
ALTER FUNCTION check_ledger_entries_exist SET search_path = public, pg_temp;
ALTER FUNCTION check_wallet_balance SET search_path = public, pg_temp;

-- What the commands are made of runs as whoever calls it, who may then write nothing. The commands are not everybody's.
REVOKE EXECUTE ON FUNCTION
  credits_grant, credits_spend, credits_hold, credits_capture, credits_release, credits_refund, credits_revoke,
  credits_expire
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  credits_grant, credits_spend, credits_hold, credits_capture, credits_release, credits_refund, credits_revoke,
  credits_expire
  TO pacer_runtime;

-- The books of the migrations are the owner's. A database that Prisma makes for its checks has none.
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    REVOKE INSERT, UPDATE, DELETE ON _prisma_migrations FROM pacer_runtime;
  END IF;
END $$;
