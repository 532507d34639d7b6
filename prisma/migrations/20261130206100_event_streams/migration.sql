-- CreateTable
CREATE TABLE "event_streams" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "is_admin" BOOLEAN NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_streams_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateIndex
CREATE INDEX "event_streams_expires_at_idx" ON "event_streams"("expires_at");
