-- CreateEnum
CREATE TYPE "CheckoutStatus" AS ENUM ('PENDING', 'READY', 'COMPLETED', 'FAILED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "Meter" AS ENUM ('STORAGE_BYTES', 'UPLOADS', 'VIDEOS', 'COACH_TOKENS', 'DATA_EXPORTS');

-- CreateEnum
CREATE TYPE "QuotaPeriod" AS ENUM ('WEEK', 'MONTH', 'TOTAL');

-- CreateTable
CREATE TABLE "billing_events" (
    "id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "environment" TEXT,
    "names" TEXT[],
    "transferred_to" TEXT[],
    "subscription_key" TEXT,
    "transaction_id" TEXT,
    "product_id" TEXT,
    "entitlement_keys" TEXT[],
    "store" TEXT,
    "period_type" TEXT,
    "is_family_share" BOOLEAN NOT NULL,
    "purchased_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "grace_ends_at" TIMESTAMPTZ(3),
    "resumes_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "quantity" INTEGER NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "billing_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing_names" (
    "name" TEXT NOT NULL,
    "user_id" UUID,
    "said_at" TIMESTAMPTZ(3),
    "event_id" TEXT,

    CONSTRAINT "billing_names_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "billing_customers" (
    "user_id" UUID NOT NULL,
    "snapshot_at" TIMESTAMPTZ(3),
    "management_url" TEXT,
    "refresh_due_at" TIMESTAMPTZ(3),

    CONSTRAINT "billing_customers_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "plan_subscriptions" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "user_id" UUID,
    "product_id" TEXT NOT NULL,
    "entitlement_keys" TEXT[],
    "store" TEXT,
    "period_type" TEXT,
    "is_family_share" BOOLEAN NOT NULL,
    "will_renew" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "transaction_id" TEXT,
    "purchased_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "grace_ends_at" TIMESTAMPTZ(3),
    "billing_issue_at" TIMESTAMPTZ(3),
    "paused_at" TIMESTAMPTZ(3),
    "resumes_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "refunded_at" TIMESTAMPTZ(3),
    "management_url" TEXT,
    "next_change_at" TIMESTAMPTZ(3),

    CONSTRAINT "plan_subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing_grants" (
    "purpose" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "user_id" UUID NOT NULL,
    "amount" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "granted_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "billing_grants_pkey" PRIMARY KEY ("purpose")
);

-- CreateTable
CREATE TABLE "checkouts" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "product_key" TEXT NOT NULL,
    "status" "CheckoutStatus" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "checkouts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_counters" (
    "user_id" UUID NOT NULL,
    "meter" "Meter" NOT NULL,
    "period" "QuotaPeriod" NOT NULL,
    "used" BIGINT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),

    CONSTRAINT "usage_counters_pkey" PRIMARY KEY ("user_id","meter","period")
);

-- CreateIndex
CREATE UNIQUE INDEX "billing_events_event_id_key" ON "billing_events"("event_id");

-- CreateIndex
CREATE INDEX "billing_events_subscription_key_idx" ON "billing_events"("subscription_key");

-- CreateIndex
CREATE INDEX "billing_events_transaction_id_idx" ON "billing_events"("transaction_id");

-- CreateIndex
CREATE INDEX "billing_events_names_idx" ON "billing_events" USING GIN ("names");

-- CreateIndex
CREATE INDEX "billing_events_transferred_to_idx" ON "billing_events" USING GIN ("transferred_to");

-- CreateIndex
CREATE INDEX "billing_names_user_id_idx" ON "billing_names"("user_id");

-- CreateIndex
CREATE INDEX "billing_customers_refresh_due_at_idx" ON "billing_customers"("refresh_due_at");

-- CreateIndex
CREATE UNIQUE INDEX "plan_subscriptions_key_key" ON "plan_subscriptions"("key");

-- CreateIndex
CREATE INDEX "plan_subscriptions_user_id_started_at_id_idx" ON "plan_subscriptions"("user_id", "started_at" DESC, "id");

-- CreateIndex
CREATE INDEX "plan_subscriptions_next_change_at_idx" ON "plan_subscriptions"("next_change_at");

-- CreateIndex
CREATE INDEX "billing_grants_user_id_idx" ON "billing_grants"("user_id");

-- CreateIndex
CREATE INDEX "checkouts_user_id_product_key_idx" ON "checkouts"("user_id", "product_key");

-- CreateIndex
CREATE INDEX "checkouts_status_next_attempt_at_idx" ON "checkouts"("status", "next_attempt_at");

-- CreateIndex
CREATE INDEX "checkouts_status_expires_at_idx" ON "checkouts"("status", "expires_at");

-- AddForeignKey
ALTER TABLE "billing_names" ADD CONSTRAINT "billing_names_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "billing_customers" ADD CONSTRAINT "billing_customers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_subscriptions" ADD CONSTRAINT "plan_subscriptions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "billing_grants" ADD CONSTRAINT "billing_grants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkouts" ADD CONSTRAINT "checkouts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_counters" ADD CONSTRAINT "usage_counters_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What the provider said is never changed; what follows from it is computed anew from all of it.
CREATE TRIGGER "billing_events_append_only" BEFORE UPDATE OR DELETE ON "billing_events"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "billing_events_no_truncate" BEFORE TRUNCATE ON "billing_events" EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON billing_events FROM pacer_runtime;

ALTER TABLE "billing_events"
  ADD CONSTRAINT "billing_events_within_bounds" CHECK ("quantity" > 0);
ALTER TABLE "billing_names"
  ADD CONSTRAINT "billing_names_say_who_said_so" CHECK (
    ("user_id" IS NULL) = ("said_at" IS NULL) AND ("user_id" IS NULL) = ("event_id" IS NULL));
ALTER TABLE "billing_grants"
  ADD CONSTRAINT "billing_grants_within_bounds" CHECK ("amount" > 0 AND "generation" > 0);
ALTER TABLE "checkouts"
  ADD CONSTRAINT "checkouts_within_bounds" CHECK (
    "attempts" >= 0 AND ("status" = 'PENDING') = ("next_attempt_at" IS NOT NULL) AND "expires_at" > "created_at");

-- Nobody has used less than nothing. That a limit is kept is the statement's that counts: limits change with the plan.
ALTER TABLE "usage_counters"
  ADD CONSTRAINT "usage_counters_within_bounds" CHECK (
    "used" >= 0 AND ("period" = 'TOTAL') = ("ends_at" IS NULL) AND COALESCE("ends_at" > "starts_at", true));

-- What people store already counts.
INSERT INTO "usage_counters" ("user_id", "meter", "period", "used", "starts_at")
SELECT "user_id", 'STORAGE_BYTES', 'TOTAL', sum("byte_size"), min("created_at")
FROM "uploads" WHERE "status" IN ('PENDING', 'READY') GROUP BY "user_id";
