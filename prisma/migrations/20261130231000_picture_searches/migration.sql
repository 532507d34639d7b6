-- CreateTable
CREATE TABLE "picture_searches" (
    "keywords" TEXT NOT NULL,
    "orientation" TEXT NOT NULL,
    "results" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "picture_searches_pkey" PRIMARY KEY ("keywords","orientation")
);

-- CreateTable
CREATE TABLE "picture_quotas" (
    "source" TEXT NOT NULL,
    "hour_starts_at" TIMESTAMPTZ(3) NOT NULL,
    "hour_used" INTEGER NOT NULL,
    "month_starts_at" TIMESTAMPTZ(3) NOT NULL,
    "month_used" INTEGER NOT NULL,

    CONSTRAINT "picture_quotas_pkey" PRIMARY KEY ("source")
);

-- CreateIndex
CREATE INDEX "picture_searches_created_at_idx" ON "picture_searches"("created_at");
