import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import type { Answer, TestApp } from './app.ts'

/** What one `next` event carries. */
export type Happening<Data> = Pick<Answer<Data>, 'data' | 'errors'>

/**
 * Opens a subscription over server-sent events; resolves once the server has answered, rejects with the status and the
 * body when it refuses. It ends with the server's `complete`; leaving the loop, or the signal, closes the connection. An
 * answer that breaks off before `complete` throws.
 */
export async function openStream<Data, Variables>(
  app: Pick<TestApp, 'url'>,
  token: string | null,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<AsyncGenerator<Happening<Data>, void>> {
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
  return read<Data>(response, response.body)
}

/** Holds on to the response: once it is collected as garbage, a body that nobody has begun to read is cancelled. */
async function* read<Data>(
  _response: Response,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Happening<Data>, void> {
  for await (const event of eventsIn(body)) {
    const name = fieldOf(event, 'event')
    if (name === 'complete') return
    if (name === 'next') yield JSON.parse(fieldOf(event, 'data'))
  }
  throw new Error('The stream broke off before it was complete.')
}

/** The events' texts: each ends with an empty line. */
async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = events.pop() ?? ''
    yield* events
  }
}

/** Comments (the server's pings) have no field. */
function fieldOf(event: string, field: string): string {
  const prefix = `${field}:`
  const lines = event.split('\n').filter((line) => line.startsWith(prefix))
  return lines.map((line) => line.slice(prefix.length).trimStart()).join('\n')
}
