import type { Client } from 'pg'

/**
 * Lets the runtime role add and run jobs: the queue's tables are made by its library, with row level security on and
 * nobody but their owner past it. Where no migration has made the role there is nobody to let.
 */
export async function grantQueue(client: Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE
      guarded regclass;
    BEGIN
      IF to_regrole('pacer_runtime') IS NULL THEN RETURN; END IF;
      GRANT USAGE ON SCHEMA graphile_worker TO pacer_runtime;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graphile_worker TO pacer_runtime;
      GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA graphile_worker TO pacer_runtime;
      REVOKE INSERT, UPDATE, DELETE ON graphile_worker.migrations FROM pacer_runtime;
      FOR guarded IN
        SELECT oid FROM pg_class WHERE relnamespace = 'graphile_worker'::regnamespace AND relrowsecurity
        AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'runtime')
      LOOP
        EXECUTE format('CREATE POLICY runtime ON %s TO pacer_runtime USING (true) WITH CHECK (true)', guarded);
      END LOOP;
    END $$`)
}
