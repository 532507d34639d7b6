import type { IncomingMessage, ServerResponse } from 'node:http'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Reads the body of a request and counts its bytes while they are received: a longer body is refused at the limit,
 * whatever its headers say.
 */
export async function readBody({ request, response }: Exchange, maxBytes: number): Promise<Buffer | 'too large'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large'
  // 100 Continue is sent only here, after all checks. HTTP/1.0 does not define it.
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) return void chunks.push(chunk)
      request.off('data', take).pause() // ClosingResponse handles the rest
      resolve('too large')
    }
    request.on('data', take)
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once(
      'close',
      () => request.complete || reject(new Error('The client disconnected before its request was complete.')),
    )
  })
}
