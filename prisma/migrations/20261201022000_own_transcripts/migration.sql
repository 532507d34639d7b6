-- Constant defaults: no table is rewritten. Pictures that earlier attempts left are counted from their scenes.
ALTER TABLE "videos" ADD COLUMN "own_text" TEXT, ADD COLUMN "picture_count" INTEGER NOT NULL DEFAULT 0;

UPDATE "videos" SET "picture_count" = jsonb_array_length("scenes") WHERE jsonb_typeof("scenes") = 'array';
