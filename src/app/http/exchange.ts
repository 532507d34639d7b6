import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CurrentRequest } from '../../platform/watching/current-request.ts'
import type { RequestContext } from './request-context.ts'

/** A GraphQL request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** What the log will tell of it. */
  readonly record: CurrentRequest
  readonly asker: RequestContext
  /** A client that takes nothing of its answer for so long is cut off. */
  readonly stallSeconds: number
}
