-- AlterTable
ALTER TABLE "activities" ADD COLUMN     "legacy_id" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "activities_user_id_legacy_id_key" ON "activities"("user_id", "legacy_id");
