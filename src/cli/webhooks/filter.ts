import type { InboxState } from '../../generated/prisma/enums.ts'
import type { InboxFilter } from '../../platform/inbox/inbox-list.ts'
import { parseSince } from '../terminal/since.ts'

/** The filter options of `webhooks list` and `webhooks replay`. */
export interface FilterInput {
  readonly state?: InboxState
  readonly type?: string
  readonly source?: string
  readonly since?: string
}

export function filterOf({ state, type, source, since }: FilterInput, now: Date): InboxFilter {
  return { state, type, source, since: since === undefined ? undefined : parseSince(since, now) }
}
