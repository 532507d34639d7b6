-- CreateEnum
CREATE TYPE "StreamOutcome" AS ENUM ('COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED');

-- CreateTable
CREATE TABLE "streams" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "first_sequence" INTEGER NOT NULL DEFAULT 0,
    "last_sequence" INTEGER NOT NULL DEFAULT 0,
    "byte_size" INTEGER NOT NULL DEFAULT 0,
    "chunk_count" INTEGER NOT NULL DEFAULT 0,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "outcome" "StreamOutcome",
    "text" BYTEA,

    CONSTRAINT "streams_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "stream_chunks" (
    "user_id" UUID NOT NULL,
    "stream_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "id" UUID NOT NULL,
    "text" BYTEA NOT NULL,

    CONSTRAINT "stream_chunks_pkey" PRIMARY KEY ("user_id","stream_id","sequence")
);

-- CreateIndex
CREATE INDEX "streams_id_idx" ON "streams"("id");

-- CreateIndex
CREATE INDEX "streams_ended_at_opened_at_idx" ON "streams"("ended_at", "opened_at");

-- CreateIndex
CREATE INDEX "stream_chunks_id_idx" ON "stream_chunks"("id");

-- AddForeignKey
ALTER TABLE "stream_chunks" ADD CONSTRAINT "stream_chunks_user_id_stream_id_fkey" FOREIGN KEY ("user_id", "stream_id") REFERENCES "streams"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Written by hand: Prisma has no CHECK.
ALTER TABLE "streams"
  ADD CONSTRAINT "streams_sequence_is_ordered" CHECK (0 <= "first_sequence" AND "first_sequence" <= "last_sequence"),
  ADD CONSTRAINT "streams_end_is_complete" CHECK (
    ("ended_at" IS NULL) = ("outcome" IS NULL) AND ("ended_at" IS NULL) = ("text" IS NULL));
