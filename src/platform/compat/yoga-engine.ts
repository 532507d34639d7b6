import type { IncomingMessage } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { type FetchAPI, type GraphQLParams, processRegularResult, type YogaServerInstance } from 'graphql-yoga'

/*
 * Yoga's way from parameters to a result, and from a result to status, headers and text, without the fetch API around
 * them, which costs about 200 µs a request (docs/decisions/0021). Yoga exports both functions, but documents neither, and
 * expects a Request and makes a Response. yoga-engine.test.ts fails when an upgrade needs more of the two than this gives.
 */

/** The part of the fetch API's Request that plugins and the context factory may read. */
export type PartialRequest = Pick<Request, 'method' | 'url'> & { readonly headers: Pick<Headers, 'get'> }

export function toPartialRequest({ headers, method = 'GET' }: IncomingMessage, url: URL): PartialRequest {
  const get = (name: string) => {
    const value = headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
  return { method, url: url.href, headers: { get } }
}

export interface OperationRequest {
  readonly params: GraphQLParams
  readonly request: PartialRequest
}

/**
 * Runs one operation with all hooks and the error masking of `yoga`. Rejects where a plugin refuses the parameters, as
 * persisted operations do.
 */
export async function runOperation<ServerContext extends object, UserContext extends object>(
  yoga: YogaServerInstance<ServerContext, UserContext>,
  { params, request }: OperationRequest,
  context: ServerContext,
): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
  const result = await yoga.getResultForParams({ params, request: request as Request }, context)
  return result ?? {}
}

export interface PlainResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What Yoga answers with `result`: GraphQL over HTTP's status, and what errors say in `extensions.http`. */
export function toPlainResponse(
  result: ExecutionResult,
  type: 'application/json' | 'application/graphql-response+json',
): PlainResponse {
  return processRegularResult(result, plainResponses, type) as unknown as PlainResponse
}

/** Takes the place of the fetch API's Response: it keeps what it is constructed with. */
class KeptResponse implements PlainResponse {
  readonly text: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(text: string, { status, headers }: Omit<PlainResponse, 'text'>) {
    this.text = text
    this.status = status
    this.headers = headers
  }
}

const plainResponses = { Response: KeptResponse } as unknown as FetchAPI
