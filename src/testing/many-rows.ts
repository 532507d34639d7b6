import type { TestApp } from './app.ts'

/** SQL of instants that are far from every deadline. */
export const ago = `now() - interval '2 years'`
export const later = `now() + interval '2 years'`

/** The columns of a row with SQL expressions, in which n is the number of the row. */
type Row = Readonly<Record<string, string>>

/** Inserts `count` rows, numbered from 1. */
export async function insertRows(
  { owner }: Pick<TestApp, 'owner'>,
  table: string,
  count: number,
  row: Row,
): Promise<void> {
  await owner.query(`
    INSERT INTO ${table} (${Object.keys(row)})
    SELECT ${Object.values(row)} FROM generate_series(1, ${count}) AS n`)
}

const id = `lpad(n::text, 32, '0')::uuid`

/** Rows of this user, or of no user. An activity and its upload have the same number. */
export function rowsOf(userId: string) {
  const user_id = `'${userId}'`
  return {
    key: (at: string): Row => ({
      user_id,
      mutation: `'a'`,
      key: 'n',
      input_hash: `''`,
      result: `'{}'`,
      created_at: at,
    }),
    limit: (at: string): Row => ({ key: 'n', points: '1', expire: `extract(epoch FROM ${at}) * 1000` }),
    stream: (openedAt: string, endedAt: string): Row => ({
      user_id,
      id,
      kind: `'a'`,
      opened_at: openedAt,
      ended_at: endedAt,
      outcome: endedAt === 'NULL' ? 'NULL' : `'COMPLETED'`,
      text: endedAt === 'NULL' ? 'NULL' : `''`,
    }),
    eventStream: (expiresAt: string): Row => ({ user_id, id, is_admin: 'false', expires_at: expiresAt }),
    pictureSearch: (at: string): Row => ({
      keywords: 'n::text',
      orientation: `'square'`,
      results: `'[]'`,
      created_at: at,
    }),
    address: (forgetAt: string): Row => ({ address_hash: 'n', forget_at: forgetAt }),
    event: (at: string): Row => ({
      id,
      source: `'clerk'`,
      event_id: 'n',
      type: `'a'`,
      sent_at: at,
      received_at: at,
      state: `'PROCESSED'`,
      processed_at: at,
    }),
    checkout: (status: string, expiresAt: string): Row => ({
      id: 'gen_random_uuid()',
      user_id,
      product_key: `'plus'`,
      status: `'${status}'`,
      next_attempt_at: status === 'PENDING' ? later : 'NULL',
      created_at: `${ago} - interval '1 day'`,
      expires_at: expiresAt,
    }),
    dataExport: (status: string, expiresAt: string): Row => ({
      id,
      user_id,
      status: `'${status}'`,
      created_at: ago,
      expires_at: expiresAt,
    }),
    upload: (status: string): Row => ({
      id,
      user_id,
      kind: `'ACTIVITY'`,
      filename: `'run.fit'`,
      content_type: `''`,
      byte_size: '1',
      status: `'${status}'`,
      created_at: ago,
      addresses_expire_at: ago,
    }),
    activity: (status: string): Row => ({ id, user_id, upload_id: id, status: `'${status}'`, created_at: ago }),
    user: (standing: string): Row => ({ id: 'gen_random_uuid()', standing: `'${standing}'`, created_at: ago }),
    /** A lot without remaining credits. */
    lot: (expiresAt: string): Row => ({
      id,
      user_id,
      granted: '1',
      remaining: '0',
      expires_at: expiresAt,
      created_at: ago,
    }),
  }
}
