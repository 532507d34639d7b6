import type { InboxState } from '../../generated/prisma/enums.ts'
import type { InboxFilter } from '../../platform/inbox/inbox-list.ts'
import { parseSince } from '../terminal/since.ts'

/** What `webhooks list` and `webhooks replay` take. */
export interface FilterWish {
  readonly state?: InboxState
  readonly type?: string
  readonly source?: string
  readonly since?: string
}

export function filterOf({ state, type, source, since }: FilterWish, now: Date): InboxFilter {
  return { state, type, source, since: since === undefined ? undefined : parseSince(since, now) }
}
