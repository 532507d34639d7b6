-- CreateIndex: by which an event finds the subscription of its transaction. On 2 million subscriptions without it, an event
-- reads all of them.
CREATE INDEX "plan_subscriptions_transaction_id_idx" ON "plan_subscriptions"("transaction_id");

-- By hand, since Prisma cannot express WHERE and leaves such indexes alone.
-- Only imported activities have an id of the older system: with 20 million others, the index had 770 MB of nulls.
DROP INDEX "activities_user_id_legacy_id_key";
CREATE UNIQUE INDEX "activities_user_id_legacy_id_key" ON "activities"("user_id", "legacy_id")
  WHERE "legacy_id" IS NOT NULL;
