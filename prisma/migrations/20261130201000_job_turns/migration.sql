-- Users take turns in the lane `files`: a row for each owner of its jobs (src/platform/compat/graphile-worker.ts).
CREATE TABLE "job_turns" (
    "owner" TEXT NOT NULL,
    "turn_at" TIMESTAMPTZ(6) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "job_id" BIGINT,

    CONSTRAINT "job_turns_pkey" PRIMARY KEY ("owner")
);

-- CreateIndex
CREATE INDEX "job_turns_turn_at_idx" ON "job_turns"("turn_at");
