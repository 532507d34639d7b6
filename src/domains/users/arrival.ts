import type { Tx } from '../../platform/database/db.ts'
import type { Emails } from './emails.ts'

/** Somebody who has just become a person here. */
export interface Arrival {
  readonly userId: string
  readonly email: string | null
  /** False for people of the older system, who are known already and have now been linked to their Clerk user. */
  readonly isNew: boolean
  readonly now: Date
}

/** What higher domains do in the very transaction that makes the row, or links it: once, whoever makes it. */
export type OnArrival = (tx: Tx, arrival: Arrival) => Promise<void>

/** What is needed wherever a person may come to be. */
export interface ArrivalPorts {
  readonly emails: Emails
  readonly onArrival: OnArrival
}
