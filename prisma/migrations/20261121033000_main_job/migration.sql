-- CreateEnum
CREATE TYPE "ActivityStatus" AS ENUM ('AWAITING_FILE', 'PROCESSING', 'READY', 'FAILED');

-- CreateEnum
CREATE TYPE "Sport" AS ENUM ('RUNNING', 'CYCLING', 'SWIMMING', 'WALKING', 'HIKING', 'ROWING', 'STRENGTH', 'OTHER');

-- CreateEnum
CREATE TYPE "UploadKind" AS ENUM ('ACTIVITY', 'AUDIO');

-- CreateEnum
CREATE TYPE "UploadStatus" AS ENUM ('PENDING', 'READY', 'REJECTED', 'EXPIRED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "UploadRejection" AS ENUM ('SIZE_MISMATCH', 'TYPE_MISMATCH', 'CONTENT_MISMATCH', 'CHECKSUM_MISMATCH');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

-- CreateEnum
CREATE TYPE "UserStanding" AS ENUM ('ACTIVE', 'BANNED', 'DELETED');

-- CreateTable
-- By hand: Prisma knows no generated columns. In the schema their expressions stand as @default(dbgenerated(…)).
CREATE TABLE "activities" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "upload_id" UUID,
    "title" VARCHAR(200),
    "sport" "Sport",
    "status" "ActivityStatus" NOT NULL,
    "failure" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "utc_offset_minutes" INTEGER,
    "distance_meters" DOUBLE PRECISION,
    "duration_seconds" DOUBLE PRECISION,
    "moving_seconds" DOUBLE PRECISION,
    "elevation_gain_meters" DOUBLE PRECISION,
    "average_speed_meters_per_second" DOUBLE PRECISION,
    "average_heart_rate_bpm" INTEGER,
    "max_heart_rate_bpm" INTEGER,
    "average_cadence_rpm" DOUBLE PRECISION,
    "calories_kcal" INTEGER,
    "device" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "ordered_at" TIMESTAMPTZ(3) NOT NULL GENERATED ALWAYS AS (COALESCE("started_at", "created_at")) STORED,
    "distance_rank" DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (COALESCE("distance_meters", -1)) STORED,

    CONSTRAINT "activities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "activity_laps" (
    "activity_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "distance_meters" DOUBLE PRECISION,
    "duration_seconds" DOUBLE PRECISION NOT NULL,
    "average_heart_rate_bpm" INTEGER,

    CONSTRAINT "activity_laps_pkey" PRIMARY KEY ("activity_id","position")
);

-- CreateTable
CREATE TABLE "activity_tracks" (
    "activity_id" UUID NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "activity_tracks_pkey" PRIMARY KEY ("activity_id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "user_id" UUID NOT NULL,
    "mutation" TEXT NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    "input_hash" TEXT NOT NULL,
    "result" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("user_id","mutation","key")
);

-- CreateTable
CREATE TABLE "worker_heartbeats" (
    "worker_id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "worker_heartbeats_pkey" PRIMARY KEY ("worker_id")
);

-- CreateTable
CREATE TABLE "uploads" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" "UploadKind" NOT NULL,
    "filename" VARCHAR(255) NOT NULL,
    "content_type" TEXT NOT NULL,
    "byte_size" BIGINT NOT NULL,
    "content_md5" TEXT,
    "status" "UploadStatus" NOT NULL DEFAULT 'PENDING',
    "rejection" "UploadRejection",
    "multipart_id" TEXT,
    "part_byte_size" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "addresses_lapse_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "uploads_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "clerk_id" TEXT,
    "email" TEXT,
    "first_name" TEXT,
    "last_name" TEXT,
    "username" TEXT,
    "image_url" TEXT,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "locale" TEXT NOT NULL DEFAULT 'en',
    "role" "Role" NOT NULL DEFAULT 'USER',
    "standing" "UserStanding" NOT NULL DEFAULT 'ACTIVE',
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "activities_upload_id_key" ON "activities"("upload_id");

-- CreateIndex
CREATE INDEX "activities_user_id_ordered_at_id_idx" ON "activities"("user_id", "ordered_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "activities_user_id_sport_ordered_at_id_idx" ON "activities"("user_id", "sport", "ordered_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "activities_user_id_distance_rank_id_idx" ON "activities"("user_id", "distance_rank" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- CreateIndex
CREATE INDEX "worker_heartbeats_seen_at_idx" ON "worker_heartbeats"("seen_at");

-- CreateIndex
CREATE INDEX "uploads_user_id_created_at_id_idx" ON "uploads"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "uploads_user_id_status_created_at_id_idx" ON "uploads"("user_id", "status", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "uploads_expires_at_idx" ON "uploads"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "users_clerk_id_key" ON "users"("clerk_id");

-- AddForeignKey
ALTER TABLE "activities" ADD CONSTRAINT "activities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "activities" ADD CONSTRAINT "activities_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "uploads"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "activity_laps" ADD CONSTRAINT "activity_laps_activity_id_fkey" FOREIGN KEY ("activity_id") REFERENCES "activities"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "activity_tracks" ADD CONSTRAINT "activity_tracks_activity_id_fkey" FOREIGN KEY ("activity_id") REFERENCES "activities"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what a row may say. Prisma knows no CHECK, and its diff leaves them alone. `< 'Infinity'` also refuses NaN,
-- which Postgres counts as greater.
ALTER TABLE "uploads"
    ADD CONSTRAINT "uploads_byte_size_positive" CHECK ("byte_size" > 0),
    ADD CONSTRAINT "uploads_rejection_says_why_rejected" CHECK (("rejection" IS NOT NULL) = ("status" = 'REJECTED')),
    ADD CONSTRAINT "uploads_multipart_has_part_size" CHECK (("multipart_id" IS NULL) = ("part_byte_size" IS NULL)),
    ADD CONSTRAINT "uploads_part_byte_size_positive" CHECK ("part_byte_size" > 0),
    ADD CONSTRAINT "uploads_pending_expires" CHECK ("status" <> 'PENDING' OR "expires_at" IS NOT NULL);

ALTER TABLE "activities"
    ADD CONSTRAINT "activities_failure_says_why_failed" CHECK (("failure" IS NOT NULL) = ("status" = 'FAILED')),
    ADD CONSTRAINT "activities_awaited_has_upload" CHECK ("status" NOT IN ('AWAITING_FILE', 'PROCESSING') OR "upload_id" IS NOT NULL),
    ADD CONSTRAINT "activities_distance_meters_not_negative" CHECK ("distance_meters" >= 0 AND "distance_meters" < 'Infinity'),
    ADD CONSTRAINT "activities_duration_seconds_not_negative" CHECK ("duration_seconds" >= 0 AND "duration_seconds" < 'Infinity'),
    ADD CONSTRAINT "activities_moving_seconds_not_negative" CHECK ("moving_seconds" >= 0 AND "moving_seconds" < 'Infinity'),
    ADD CONSTRAINT "activities_elevation_gain_meters_not_negative" CHECK ("elevation_gain_meters" >= 0 AND "elevation_gain_meters" < 'Infinity'),
    ADD CONSTRAINT "activities_average_speed_not_negative" CHECK ("average_speed_meters_per_second" >= 0 AND "average_speed_meters_per_second" < 'Infinity'),
    ADD CONSTRAINT "activities_average_heart_rate_bpm_not_negative" CHECK ("average_heart_rate_bpm" >= 0),
    ADD CONSTRAINT "activities_max_heart_rate_bpm_not_negative" CHECK ("max_heart_rate_bpm" >= 0),
    ADD CONSTRAINT "activities_average_cadence_rpm_not_negative" CHECK ("average_cadence_rpm" >= 0 AND "average_cadence_rpm" < 'Infinity'),
    ADD CONSTRAINT "activities_calories_kcal_not_negative" CHECK ("calories_kcal" >= 0),
    ADD CONSTRAINT "activities_revision_not_negative" CHECK ("revision" >= 0);

ALTER TABLE "activity_laps"
    ADD CONSTRAINT "activity_laps_position_not_negative" CHECK ("position" >= 0),
    ADD CONSTRAINT "activity_laps_distance_meters_not_negative" CHECK ("distance_meters" >= 0 AND "distance_meters" < 'Infinity'),
    ADD CONSTRAINT "activity_laps_duration_seconds_not_negative" CHECK ("duration_seconds" >= 0 AND "duration_seconds" < 'Infinity'),
    ADD CONSTRAINT "activity_laps_average_heart_rate_bpm_not_negative" CHECK ("average_heart_rate_bpm" >= 0);
