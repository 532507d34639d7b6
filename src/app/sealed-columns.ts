import { emailPlace } from '../domains/users/index.ts'
import { bodyPlace } from '../platform/inbox.ts'
import type { SealedColumn } from '../platform/reseal.ts'

/** Everything that lies encrypted in the database. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'users', column: 'email_sealed', place: emailPlace },
  { table: 'inbox_events', column: 'body', place: bodyPlace },
]
