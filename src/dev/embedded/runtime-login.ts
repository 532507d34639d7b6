import type { Client } from 'pg'

/** Whom the program connects as over an embedded Postgres; needs no password there, as nobody does. */
export const runtimeLogin = 'pacer'

/** Makes the login once. Its group is the migrations' (runtime_role); here both come before them, perhaps twice at once. */
export async function ensureRuntimeLogin(owner: Client): Promise<void> {
  await owner.query(`
    DO $$ BEGIN
      IF to_regrole('pacer_runtime') IS NULL THEN CREATE ROLE pacer_runtime NOLOGIN; END IF;
      IF to_regrole('${runtimeLogin}') IS NULL THEN CREATE ROLE ${runtimeLogin} LOGIN IN ROLE pacer_runtime; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`)
}
