-- AlterTable
ALTER TABLE "users" ADD COLUMN     "clerk_created_at" TIMESTAMPTZ(3),
ADD COLUMN     "clerk_updated_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "audit_log" ADD COLUMN     "actor_clerk_id" TEXT,
ALTER COLUMN "actor_id" DROP NOT NULL;

-- Written by hand: Prisma has no CHECK.
ALTER TABLE "audit_log"
  ADD CONSTRAINT "audit_log_has_one_actor" CHECK (("actor_id" IS NULL) <> ("actor_clerk_id" IS NULL));
