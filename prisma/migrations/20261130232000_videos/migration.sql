-- CreateEnum
CREATE TYPE "VideoStatus" AS ENUM ('QUEUED', 'RENDERING', 'READY', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "VideoStep" AS ENUM ('PROBING', 'TRANSCRIBING', 'PLANNING', 'FETCHING_MEDIA', 'RENDERING', 'STORING');

-- CreateEnum
CREATE TYPE "VideoFormat" AS ENUM ('PORTRAIT_9_16', 'SQUARE', 'LANDSCAPE_16_9');

-- CreateTable
CREATE TABLE "videos" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "title" VARCHAR(200) NOT NULL,
    "template_key" TEXT NOT NULL,
    "format" "VideoFormat" NOT NULL,
    "options" JSONB NOT NULL,
    "audio_upload_id" UUID,
    "background_upload_id" UUID,
    "status" "VideoStatus" NOT NULL DEFAULT 'QUEUED',
    "step" "VideoStep",
    "progress_percent" INTEGER NOT NULL DEFAULT 0,
    "failure" JSONB,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "credit_cost" INTEGER NOT NULL,
    "consumed_at" TIMESTAMPTZ(3) NOT NULL,
    "reserved_bytes" BIGINT NOT NULL DEFAULT 0,
    "most_at_once" INTEGER NOT NULL,
    "max_duration_seconds" INTEGER NOT NULL,
    "queued_at" TIMESTAMPTZ(3) NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "interruptions" INTEGER NOT NULL DEFAULT 0,
    "lease" UUID,
    "heartbeat_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "probe" JSONB,
    "transcript" JSONB,
    "is_own_transcript" BOOLEAN NOT NULL DEFAULT false,
    "plan" JSONB,
    "scenes" JSONB,
    "files_of_attempt" INTEGER,
    "byte_size" BIGINT,
    "duration_seconds" DOUBLE PRECISION,
    "has_captions" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "videos_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "videos_user_id_created_at_id_idx" ON "videos"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "videos_audio_upload_id_idx" ON "videos"("audio_upload_id");

-- CreateIndex
CREATE INDEX "videos_background_upload_id_idx" ON "videos"("background_upload_id");

-- AddForeignKey
ALTER TABLE "videos" ADD CONSTRAINT "videos_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "videos" ADD CONSTRAINT "videos_audio_upload_id_fkey" FOREIGN KEY ("audio_upload_id") REFERENCES "uploads"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "videos" ADD CONSTRAINT "videos_background_upload_id_fkey" FOREIGN KEY ("background_upload_id") REFERENCES "uploads"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- CreateIndex
CREATE INDEX "uploads_kind_id_idx" ON "uploads"("kind", "id");

-- By hand: what must hold whatever the code does.
ALTER TABLE "videos"
  ADD CONSTRAINT "videos_progress_is_a_percentage" CHECK ("progress_percent" BETWEEN 0 AND 100),
  ADD CONSTRAINT "videos_attempt_is_positive" CHECK ("attempt" >= 1),
  ADD CONSTRAINT "videos_reservation_is_positive" CHECK ("reserved_bytes" >= 0),
  ADD CONSTRAINT "videos_rendering_has_lease" CHECK (
    "status" <> 'RENDERING' OR ("lease" IS NOT NULL AND "heartbeat_at" IS NOT NULL AND "started_at" IS NOT NULL)),
  ADD CONSTRAINT "videos_ready_has_files" CHECK (
    "status" <> 'READY' OR ("files_of_attempt" IS NOT NULL AND "duration_seconds" IS NOT NULL)),
  ADD CONSTRAINT "videos_files_have_size" CHECK (("files_of_attempt" IS NULL) = ("byte_size" IS NULL)),
  ADD CONSTRAINT "videos_failed_says_why" CHECK (("status" = 'FAILED') = ("failure" IS NOT NULL)),
  ADD CONSTRAINT "videos_ended_has_time" CHECK (("status" IN ('QUEUED', 'RENDERING')) = ("finished_at" IS NULL));

-- Prisma cannot express WHERE and leaves such indexes alone. Statements name these statuses as constants, so that Postgres
-- can use them.
CREATE INDEX "videos_unfinished_idx" ON "videos"("queued_at", "id") WHERE "status" IN ('QUEUED', 'RENDERING');
CREATE INDEX "videos_rendering_idx" ON "videos"("user_id") WHERE "status" = 'RENDERING';
