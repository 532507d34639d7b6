import type { Client } from 'pg'

/**
 * Grants the runtime role what adding and running jobs needs. The library creates the tables with row level security and
 * without a policy, so only their owner could see a row. Does nothing in a database that has no such role.
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
