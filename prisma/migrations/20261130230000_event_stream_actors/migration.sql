-- The operator who opened the stream while impersonating the user. Nullable: null for the user's own stream, and the
-- previous release, which runs meanwhile, does not write it.
-- AlterTable
ALTER TABLE "event_streams" ADD COLUMN     "actor_clerk_id" TEXT;
