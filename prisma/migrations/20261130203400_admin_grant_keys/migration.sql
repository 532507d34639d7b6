-- CreateTable
CREATE TABLE "admin_grant_keys" (
    "user_id" UUID NOT NULL,
    "actor_id" UUID NOT NULL,
    "key_hash" TEXT NOT NULL,
    "input_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "admin_grant_keys_pkey" PRIMARY KEY ("actor_id","key_hash")
);

-- CreateIndex
CREATE INDEX "admin_grant_keys_user_id_idx" ON "admin_grant_keys"("user_id");

-- AddForeignKey
ALTER TABLE "admin_grant_keys" ADD CONSTRAINT "admin_grant_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The keys of existing grants are in the ledger: 'admin:<id of the admin>:<key>'. Where a key was used for two people, the
-- first one has it.
INSERT INTO "admin_grant_keys" ("user_id", "actor_id", "key_hash", "created_at")
SELECT "user_id", substr("key", 7, 36)::uuid, encode(sha256(convert_to(substr("key", 44), 'UTF8')), 'hex'), "created_at"
FROM "credit_transactions" WHERE "key" ~ '^admin:[0-9a-f-]{36}:.'
ORDER BY "created_at", "id"
ON CONFLICT DO NOTHING;
