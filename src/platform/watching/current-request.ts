import { AsyncLocalStorage } from 'node:async_hooks'

/** What the log tells of a request; filled in by whoever learns it. */
export interface CurrentRequest {
  readonly id: string
  /** The id of the row of who asks. */
  userId?: string
  /** The operation's name, or what it is: query. */
  operation?: string
  /** Of an operation of GraphQL, the fields that it asks for first: users, node. */
  rootFields?: readonly string[]
  /** The codes of the errors in its answer. */
  readonly codes: Set<string>
  /** What a request opens (a database connection) lives on; what is logged of that later is not of the request. */
  isAnswered: boolean
}

/** The request on whose way the program is. */
export const currentRequest = new AsyncLocalStorage<CurrentRequest>()
