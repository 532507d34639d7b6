import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyBudget } from './body-budget.ts'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export interface BodyLimits {
  readonly maxBytes: number
  readonly budget: BodyBudget
  /** The client address, whose bodies together have a limit of their own. */
  readonly address: string
}

/** Whether the headers announce a body that is too large: it is refused before anything else is checked. */
export function isTooLarge({ headers }: IncomingMessage, maxBytes: number): boolean {
  return Number(headers['content-length'] ?? 0) > maxBytes
}

/**
 * Reads the body of a request and counts its bytes while they are received: a longer body is refused at the limit,
 * whatever its headers say, and any body where the budget of the process has no space ('busy'). Rejects if the client
 * disconnects.
 */
export async function readBody(
  { request, response }: Exchange,
  { maxBytes, budget, address }: BodyLimits,
): Promise<Buffer | 'too large' | 'busy'> {
  if (isTooLarge(request, maxBytes)) return 'too large'
  // 100 Continue is sent only here, after all checks. HTTP/1.0 does not define it.
  if (request.headers.expect !== undefined && request.httpVersion !== '1.0') response.writeContinue()
  const counted = budget.open(address)
  return new Promise<Buffer | 'too large' | 'busy'>((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const refuse = (problem: 'too large' | 'busy') => {
      request.off('data', take).pause() // ClosingResponse handles the rest
      chunks.length = 0
      resolve(problem)
    }
    const take = (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) return refuse('too large')
      if (!counted.take(chunk)) return refuse('busy')
      chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once(
      'close',
      () => request.complete || reject(new Error('The client disconnected before its request was complete.')),
    )
  }).finally(() => counted.close())
}
