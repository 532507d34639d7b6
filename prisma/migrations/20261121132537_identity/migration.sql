-- Addresses that stood here in plain text are dropped: SQL has no key to encrypt them with. They come back with the next
-- of Clerk's events, or all at once by `users reconcile`.

-- CreateEnum
CREATE TYPE "InboxState" AS ENUM ('PENDING', 'PROCESSED', 'DEAD');

-- CreateEnum
CREATE TYPE "DataExportStatus" AS ENUM ('PENDING', 'READY', 'FAILED', 'EXPIRED');

-- AlterEnum
ALTER TYPE "UserStanding" ADD VALUE 'LOCKED';
ALTER TYPE "UserStanding" ADD VALUE 'DELETING';

-- AlterTable
ALTER TABLE "users" DROP COLUMN "email",
ADD COLUMN     "clerk_version" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "email_index" TEXT,
ADD COLUMN     "email_sealed" BYTEA,
ADD COLUMN     "legacy_credits" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "legacy_id" TEXT,
ADD COLUMN     "locked_until" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "inbox_events" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT,
    "body" BYTEA,
    "content_type" TEXT,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "state" "InboxState" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "processed_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbox_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bookmarks" (
    "name" TEXT NOT NULL,
    "position" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bookmarks_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "data_exports" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "status" "DataExportStatus" NOT NULL DEFAULT 'PENDING',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "data_exports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "erased_addresses" (
    "address_hash" TEXT NOT NULL,
    "forget_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "erased_addresses_pkey" PRIMARY KEY ("address_hash")
);

-- CreateIndex
CREATE INDEX "inbox_events_received_at_id_idx" ON "inbox_events"("received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "inbox_events_state_received_at_id_idx" ON "inbox_events"("state", "received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "inbox_events_type_received_at_id_idx" ON "inbox_events"("type", "received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "inbox_events_source_subject_idx" ON "inbox_events"("source", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "inbox_events_source_event_id_key" ON "inbox_events"("source", "event_id");

-- CreateIndex
CREATE INDEX "data_exports_user_id_created_at_id_idx" ON "data_exports"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "data_exports_expires_at_idx" ON "data_exports"("expires_at");

-- CreateIndex
CREATE INDEX "erased_addresses_forget_at_idx" ON "erased_addresses"("forget_at");

-- CreateIndex
CREATE UNIQUE INDEX "users_legacy_id_key" ON "users"("legacy_id");

-- CreateIndex
CREATE INDEX "users_email_index_idx" ON "users"("email_index");

-- AddForeignKey
ALTER TABLE "data_exports" ADD CONSTRAINT "data_exports_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what must hold whatever the code does.
ALTER TABLE "users"
  ADD CONSTRAINT "users_email_whole" CHECK (("email_sealed" IS NULL) = ("email_index" IS NULL)),
  ADD CONSTRAINT "users_legacy_credits_positive" CHECK ("legacy_credits" >= 0),
  ADD CONSTRAINT "users_tombstone_is_bare" CHECK ("standing" <> 'DELETED' OR (
    "email_sealed" IS NULL AND "first_name" IS NULL AND "last_name" IS NULL AND "username" IS NULL
    AND "image_url" IS NULL AND "legacy_id" IS NULL AND "time_zone" = 'UTC' AND "locale" = 'en'));
ALTER TABLE "inbox_events"
  ADD CONSTRAINT "inbox_events_pending_is_due" CHECK (("state" = 'PENDING') = ("next_attempt_at" IS NOT NULL)),
  ADD CONSTRAINT "inbox_events_processed_is_dated" CHECK (("state" = 'PROCESSED') = ("processed_at" IS NOT NULL));
ALTER TABLE "data_exports"
  ADD CONSTRAINT "data_exports_ready_expires" CHECK (("status" = 'READY') = ("expires_at" IS NOT NULL));
