-- AlterTable
ALTER TABLE "audit_log" ADD COLUMN     "operation" TEXT,
ADD COLUMN     "request_id" TEXT;

-- By hand: what people are called as the search compares it. In collation "C" a plain index serves LIKE 'begin%'. An index
-- takes values of 2,704 bytes at most, and nothing bounds how long names are: 320 characters are 1,280 bytes at most.
ALTER TABLE "users"
  ADD COLUMN "full_name_folded" TEXT COLLATE "C" GENERATED ALWAYS AS
    (left(lower(normalize(COALESCE(first_name || ' ', '') || COALESCE(last_name, ''), NFKC)), 320)) STORED,
  ADD COLUMN "last_name_folded" TEXT COLLATE "C" GENERATED ALWAYS AS
    (left(lower(normalize(last_name, NFKC)), 320)) STORED,
  ADD COLUMN "username_folded" TEXT COLLATE "C" GENERATED ALWAYS AS
    (left(lower(normalize(username, NFKC)), 320)) STORED;

-- By hand: an equality, by which Prisma can ask for many people in one statement, and one index serves list and count.
ALTER TABLE "users" ADD COLUMN "is_present" BOOLEAN NOT NULL
  GENERATED ALWAYS AS (standing <> 'DELETING' AND standing <> 'DELETED') STORED;

-- CreateIndex
CREATE INDEX "users_is_present_created_at_id_idx" ON "users"("is_present", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "users_full_name_folded_idx" ON "users"("full_name_folded");

-- CreateIndex
CREATE INDEX "users_last_name_folded_idx" ON "users"("last_name_folded");

-- CreateIndex
CREATE INDEX "users_username_folded_idx" ON "users"("username_folded");
