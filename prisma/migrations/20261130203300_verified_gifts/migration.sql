-- CreateTable
CREATE TABLE "awaited_gifts" (
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "awaited_gifts_pkey" PRIMARY KEY ("user_id")
);

-- CreateIndex
CREATE INDEX "awaited_gifts_created_at_idx" ON "awaited_gifts"("created_at");

-- AddForeignKey
ALTER TABLE "awaited_gifts" ADD CONSTRAINT "awaited_gifts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
