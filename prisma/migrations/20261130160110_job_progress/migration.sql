-- How far the jobs of the queue have come, so that a later attempt resumes after the finished steps.
CREATE TABLE "job_progress" (
    "job_id" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL,
    "steps" JSONB NOT NULL DEFAULT '{}',
    "step" TEXT,
    "percent" SMALLINT,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "job_progress_pkey" PRIMARY KEY ("job_id"),
    -- A bound for mistakes: the program takes up to 100 results of 16 KB (src/platform/jobs/job-run.ts).
    CONSTRAINT "job_progress_steps_size" CHECK (octet_length(steps::text) <= 4194304),
    CONSTRAINT "job_progress_step_size" CHECK (octet_length(step) <= 400),
    CONSTRAINT "job_progress_percent" CHECK (percent BETWEEN 0 AND 100)
);
