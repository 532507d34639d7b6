import type { IncomingMessage, ServerResponse } from 'node:http'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The body of a request, counted while it comes: a long one is refused at the limit, whatever its headers say. */
export async function readBody({ request, response }: Exchange, maxBytes: number): Promise<Buffer | 'too large'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large'
  // Who asks first is told to send only here, past all refusals. HTTP/1.0 does not know that answer.
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) return void chunks.push(chunk)
      request.off('data', take).pause() // what becomes of the rest is FrontResponse's to say
      resolve('too large')
    }
    request.on('data', take)
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => request.complete || reject(new Error('The client went away within its request.')))
  })
}
