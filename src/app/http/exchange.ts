import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CurrentRequest } from '../../platform/observability/current-request.ts'
import type { BodyBudget } from './body-budget.ts'
import type { RequestContext } from './request-context.ts'

/** A GraphQL request and its response. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** What is logged about it. */
  readonly record: CurrentRequest
  readonly requester: RequestContext
  /** A client that reads nothing of its response for this long is disconnected. */
  readonly stallSeconds: number
  /** The memory for bodies that are being received. */
  readonly budget: BodyBudget
}
