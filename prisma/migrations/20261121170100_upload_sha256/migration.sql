-- AlterTable
ALTER TABLE "uploads" ADD COLUMN     "sha256" TEXT;

ALTER TABLE "uploads" ADD CONSTRAINT "uploads_sha256_is_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$');
