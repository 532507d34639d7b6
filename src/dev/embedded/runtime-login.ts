import type { Client } from 'pg'

/** The login of the program in an embedded Postgres, which needs no passwords. */
export const runtimeLogin = 'pacer'

/** Creates the login and its group, which a migration (runtime_role) creates otherwise. Can run concurrently. */
export async function ensureRuntimeLogin(owner: Client): Promise<void> {
  await owner.query(`
    DO $$ BEGIN
      IF to_regrole('pacer_runtime') IS NULL THEN CREATE ROLE pacer_runtime NOLOGIN; END IF;
      IF to_regrole('${runtimeLogin}') IS NULL THEN CREATE ROLE ${runtimeLogin} LOGIN IN ROLE pacer_runtime; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`)
}
