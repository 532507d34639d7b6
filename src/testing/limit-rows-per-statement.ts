import type { TestApp } from './app.ts'

/** Makes every statement fail that updates or deletes more than `maxRows` rows of the table. */
export async function limitRowsPerStatement(
  { owner }: Pick<TestApp, 'owner'>,
  table: string,
  maxRows: number,
): Promise<void> {
  await owner.query(`
    CREATE OR REPLACE FUNCTION limit_rows_per_statement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM changed_rows) > TG_ARGV[0]::int THEN
        RAISE EXCEPTION 'A statement changes more than % rows of %.', TG_ARGV[0], TG_TABLE_NAME;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER limit_rows_per_update AFTER UPDATE ON ${table}
      REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION limit_rows_per_statement(${maxRows});
    CREATE TRIGGER limit_rows_per_delete AFTER DELETE ON ${table}
      REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION limit_rows_per_statement(${maxRows})`)
}
