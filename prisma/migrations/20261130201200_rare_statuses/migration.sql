-- Pages of activities by a status that few have read all activities of the user without an index. A partial index over
-- `status` itself is not used: statuses are parameters of type text, so Postgres cannot prove WHERE status <> 'READY' when
-- it plans. A comparison with this column proves that it is not null, whatever the parameter is.
ALTER TABLE "activities" ADD COLUMN "rare_status" "ActivityStatus";

-- A trigger and not a generated column, which would rewrite the whole table.
CREATE FUNCTION set_rare_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rare_status := NULLIF(NEW.status, 'READY');
  RETURN NEW;
END
$$;

CREATE TRIGGER activities_rare_status BEFORE INSERT OR UPDATE OF status ON activities
  FOR EACH ROW EXECUTE FUNCTION set_rare_status();

UPDATE "activities" SET "rare_status" = "status" WHERE "status" <> 'READY';

-- By hand, since Prisma cannot express WHERE and leaves such indexes alone.
CREATE INDEX "activities_of_rare_status_idx" ON "activities"("user_id", "rare_status", "ordered_at" DESC, "id" DESC)
  WHERE "rare_status" IS NOT NULL;
