-- The domains declare the kinds of files, so that a new kind needs no change of this table.
ALTER TABLE uploads ALTER COLUMN kind TYPE text USING kind::text;
ALTER TABLE uploads ADD CONSTRAINT uploads_kind_is_a_name CHECK (kind ~ '^[A-Z][A-Z_]{0,30}$');
DROP TYPE "UploadKind";
