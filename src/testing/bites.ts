import type { TestApp } from './app.ts'

/** From now on a statement that changes or deletes more rows of the table than that fails. */
export async function refuseBites({ owner }: Pick<TestApp, 'owner'>, table: string, above: number): Promise<void> {
  await owner.query(`
    CREATE OR REPLACE FUNCTION refuse_bites() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM bitten) > TG_ARGV[0]::int THEN
        RAISE EXCEPTION 'A statement takes more than % rows of % at once.', TG_ARGV[0], TG_TABLE_NAME;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER refuse_large_updates AFTER UPDATE ON ${table}
      REFERENCING OLD TABLE AS bitten FOR EACH STATEMENT EXECUTE FUNCTION refuse_bites(${above});
    CREATE TRIGGER refuse_large_deletes AFTER DELETE ON ${table}
      REFERENCING OLD TABLE AS bitten FOR EACH STATEMENT EXECUTE FUNCTION refuse_bites(${above})`)
}
