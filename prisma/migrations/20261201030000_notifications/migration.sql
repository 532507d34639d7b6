-- CreateEnum
CREATE TYPE "NotificationKind" AS ENUM ('REMINDER', 'LATE_RISK', 'SOMEONE_IS_LATE', 'APPOINTMENT_CHANGED', 'APPOINTMENT_CANCELLED', 'MESSAGE', 'BILLING', 'CREDITS', 'VIDEO_READY');

-- CreateEnum
CREATE TYPE "Channel" AS ENUM ('IN_APP', 'PUSH', 'KAKAO', 'SMS', 'EMAIL');

-- CreateEnum
CREATE TYPE "DeliveryStatus" AS ENUM ('PENDING', 'SENT', 'FAILED', 'DELIVERED', 'READ', 'SKIPPED');

-- CreateEnum
CREATE TYPE "DeliveryAttemptState" AS ENUM ('STARTED', 'ACCEPTED', 'RETRY', 'REFUSED', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "PushService" AS ENUM ('WEB', 'FCM', 'EXPO');

-- CreateTable
CREATE TABLE "notification_inboxes" (
    "user_id" UUID NOT NULL,
    "last_sequence" INTEGER NOT NULL DEFAULT 0,
    "unread_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "notification_inboxes_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "notifications" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "kind" "NotificationKind" NOT NULL,
    "type" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "text" BYTEA NOT NULL,
    "only_channel" "Channel",
    "helps_until" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),
    "next_step_at" TIMESTAMPTZ(3),
    "lease" UUID,
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "notification_deliveries" (
    "user_id" UUID NOT NULL,
    "notification_id" UUID NOT NULL,
    "channel" "Channel" NOT NULL,
    "status" "DeliveryStatus" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "read_at" TIMESTAMPTZ(3),
    "receipt_due_at" TIMESTAMPTZ(3),
    "failure" JSONB,

    CONSTRAINT "notification_deliveries_pkey" PRIMARY KEY ("user_id","notification_id","channel")
);

-- CreateTable
CREATE TABLE "notification_attempts" (
    "user_id" UUID NOT NULL,
    "notification_id" UUID NOT NULL,
    "channel" "Channel" NOT NULL,
    "target" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "id" UUID NOT NULL,
    "state" "DeliveryAttemptState" NOT NULL DEFAULT 'STARTED',
    "lease" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "retry_at" TIMESTAMPTZ(3),
    "vendor_id" TEXT,

    CONSTRAINT "notification_attempts_pkey" PRIMARY KEY ("user_id","notification_id","channel","target","number")
);

-- CreateTable
CREATE TABLE "notification_preferences" (
    "user_id" UUID NOT NULL,
    "quiet_from" INTEGER,
    "quiet_to" INTEGER,
    "channel_orders" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "notification_preferences_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "push_devices" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "service" "PushService" NOT NULL,
    "address" BYTEA NOT NULL,
    "address_hash" TEXT NOT NULL,
    "label" VARCHAR(100),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "push_devices_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "notifications_id_key" ON "notifications"("id");

-- CreateIndex
CREATE INDEX "notifications_user_id_sequence_id_idx" ON "notifications"("user_id", "sequence" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "notifications_created_at_idx" ON "notifications"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "notifications_user_id_dedupe_key_key" ON "notifications"("user_id", "dedupe_key");

-- CreateIndex
CREATE UNIQUE INDEX "notification_attempts_id_key" ON "notification_attempts"("id");

-- CreateIndex
CREATE UNIQUE INDEX "push_devices_address_hash_key" ON "push_devices"("address_hash");

-- CreateIndex
CREATE INDEX "push_devices_user_id_registered_at_id_idx" ON "push_devices"("user_id", "registered_at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "notification_inboxes" ADD CONSTRAINT "notification_inboxes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_user_id_notification_id_fkey" FOREIGN KEY ("user_id", "notification_id") REFERENCES "notifications"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_attempts" ADD CONSTRAINT "notification_attempts_user_id_notification_id_fkey" FOREIGN KEY ("user_id", "notification_id") REFERENCES "notifications"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_preferences" ADD CONSTRAINT "notification_preferences_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "push_devices" ADD CONSTRAINT "push_devices_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what must hold whatever the code does.
ALTER TABLE "notification_inboxes" ADD CONSTRAINT "notification_inboxes_unread_is_positive" CHECK ("unread_count" >= 0);
ALTER TABLE "notifications"
  ADD CONSTRAINT "notifications_sequence_is_positive" CHECK ("sequence" >= 1),
  ADD CONSTRAINT "notifications_lease_has_end" CHECK (("lease" IS NULL) = ("lease_until" IS NULL));
ALTER TABLE "notification_deliveries"
  ADD CONSTRAINT "notification_deliveries_in_app_is_computed" CHECK ("channel" <> 'IN_APP'),
  ADD CONSTRAINT "notification_deliveries_sent_has_time" CHECK ("status" NOT IN ('SENT', 'DELIVERED', 'READ') OR "sent_at" IS NOT NULL),
  ADD CONSTRAINT "notification_deliveries_delivered_has_time" CHECK ("status" NOT IN ('DELIVERED', 'READ') OR "delivered_at" IS NOT NULL),
  ADD CONSTRAINT "notification_deliveries_read_has_time" CHECK (("status" = 'READ') = ("read_at" IS NOT NULL));
ALTER TABLE "notification_preferences"
  ADD CONSTRAINT "notification_preferences_quiet_hours" CHECK (
    ("quiet_from" IS NULL) = ("quiet_to" IS NULL) AND "quiet_from" BETWEEN 0 AND 1439 AND "quiet_to" BETWEEN 0 AND 1439
    AND "quiet_from" <> "quiet_to");

-- Prisma cannot express WHERE and leaves such indexes alone.
CREATE INDEX "notifications_unread_idx" ON "notifications"("user_id", "sequence" DESC, "id" DESC) WHERE "read_at" IS NULL;
CREATE INDEX "notifications_unfinished_idx" ON "notifications"("next_step_at", "id") WHERE "next_step_at" IS NOT NULL;
