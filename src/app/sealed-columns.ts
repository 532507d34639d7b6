import { emailPlace } from '../domains/users/index.ts'
import { bodyPlace } from '../platform/inbox/inbox.ts'
import type { SealedColumn } from '../platform/sealing/reseal.ts'

/** Everything that lies encrypted in the database. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'users', column: 'email_sealed', place: emailPlace },
  { table: 'inbox_events', column: 'body', place: bodyPlace },
]
