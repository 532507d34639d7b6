import { AsyncLocalStorage } from 'node:async_hooks'
import type { Localization } from '../messages/format-message.ts'

/** The request that is running, and what its log line contains. The code that learns a value sets it. */
export interface CurrentRequest {
  readonly id: string
  /** The id of the viewer's row. */
  userId?: string
  /** How the requester reads the messages of errors. */
  localization?: () => Localization
  /** The operation's name, or its type ('query') without one. */
  operation?: string
  /** What the client says about itself. */
  readonly client?: { readonly name: string; readonly version: string | null } | null
  /** The root fields of a GraphQL operation: users, node. */
  rootFields?: readonly string[]
  /** The codes of the errors in the response. */
  readonly codes: Set<string>
  /** Of a subscription whose stream a fresh token can extend. */
  streamId?: string
  /** Of a subscription, how its stream has ended. */
  streamEnd?: string
  /** What a request opens, such as a database connection, outlives it; later lines about it are not about the request. */
  isAnswered: boolean
}

/** The request that the current code runs for. */
export const currentRequest = new AsyncLocalStorage<CurrentRequest>()
