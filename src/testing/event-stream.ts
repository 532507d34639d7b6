import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import type { Answer, TestApp } from './app.ts'

/** The payload of a `next` event. */
export type StreamEvent<Data> = Pick<Answer<Data>, 'data' | 'errors'>

/** `id` is in the header x-stream-id. */
export type OpenedStream<Data> = AsyncGenerator<StreamEvent<Data>, void> & { readonly id: string | null }

/**
 * Opens a subscription over server-sent events. Resolves when the server has sent the headers; rejects with the status
 * and the body if it refuses. The generator returns nothing after `complete`, else the reason in the last comment. Leaving
 * the loop or aborting the signal closes the connection. Throws if the connection ends without a reason.
 */
export async function openStream<Data, Variables>(
  app: Pick<TestApp, 'url'>,
  token: string | null,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<OpenedStream<Data>> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: print(document), variables }),
    ...(signal ? { signal } : {}),
  })
  if (!response.body || !response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    throw new Error(`No stream was opened: ${response.status} ${await response.text()}`)
  }
  return Object.assign(read<Data>(response, response.body), { id: response.headers.get('x-stream-id') })
}

/** Keeps a reference to the response: if it is garbage-collected, a body that is not read yet is cancelled. */
async function* read<Data>(
  _response: Response,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamEvent<Data>, void> {
  let reason = ''
  for await (const event of eventsIn(body)) {
    reason = fieldOf(event, '')
    const name = fieldOf(event, 'event')
    if (name === 'complete') return
    if (name === 'next') yield JSON.parse(fieldOf(event, 'data'))
  }
  const ending: unknown = reason
  if (reason) return ending as undefined
  throw new Error('The stream ended without the event `complete` and without a reason.')
}

/** The text of each event. Events end with an empty line. */
async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = events.pop() ?? ''
    yield* events
  }
}

/** The value of a field, or of a comment for ''. Comments without text are pings. */
function fieldOf(event: string, field: string): string {
  const prefix = `${field}:`
  const lines = event.split('\n').filter((line) => line.startsWith(prefix))
  return lines.map((line) => line.slice(prefix.length).trimStart()).join('\n')
}
