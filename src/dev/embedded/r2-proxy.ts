import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { listParts } from './r2-parts.ts'

export interface R2ProxyOptions {
  /** The port of the simulator. */
  readonly simulatorPort: number
  /** The folder in which the simulator stores its objects. */
  readonly objects: string
}

/**
 * Forwards requests to R2's simulator unchanged, and answers ListParts, which the simulator does not implement. The
 * simulator has checked the signature of such a request before it answers 501.
 */
export function createR2Proxy({ simulatorPort, objects }: R2ProxyOptions): Server {
  // workerd closes idle connections, and a request on a connection that is being closed would fail.
  const agent = new Agent({ keepAlive: false })
  // A large file over a slow connection takes longer than Node's five minutes for a request.
  return createServer({ requestTimeout: 0 }, (request, response) => {
    const { method, url: path } = request
    // The Host header is kept, because it is signed. `expect` was answered by Node.
    const { connection, expect, ...headers } = request.headers
    const options = { host: '127.0.0.1', port: simulatorPort, method, path, headers, agent }
    const forwarded = forward(options, (answer) => {
      if (answer.statusCode === 501 && answerListParts(request, response, objects)) return void answer.resume()
      const { connection, ...answerHeaders } = answer.headers
      response.writeHead(answer.statusCode ?? 502, answerHeaders)
      answer.pipe(response)
      answer.once('error', () => response.destroy())
    })
    // The simulator refuses a request before its body ends, so sending the rest can fail after the response has begun.
    forwarded.on('error', () => response.headersSent || response.destroy())
    response.once('close', () => forwarded.destroy())
    request.pipe(forwarded)
  })
}

/** Returns false for other operations that the simulator does not implement. */
function answerListParts({ method, url = '' }: IncomingMessage, response: ServerResponse, objects: string): boolean {
  const { searchParams } = new URL(url, 'http://localhost')
  const uploadId = searchParams.get('uploadId')
  if (method !== 'GET' || uploadId === null) return false
  const after = Number(searchParams.get('part-number-marker') ?? 0)
  const limit = Number(searchParams.get('max-parts') ?? 1_000)
  const parts = listParts(objects, { uploadId, after, limit })
  const body = parts
    ? `<ListPartsResult>${parts.map(partXml).join('')}</ListPartsResult>`
    : '<Error><Code>NoSuchUpload</Code><Message>The specified multipart upload does not exist.</Message></Error>'
  response.writeHead(parts ? 200 : 404, { 'content-type': 'application/xml', 'access-control-allow-origin': '*' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`)
  return true
}

const partXml = ({ partNumber, etag, byteSize }: { partNumber: number; etag: string; byteSize: number }) =>
  `<Part><PartNumber>${partNumber}</PartNumber><ETag>&quot;${etag}&quot;</ETag><Size>${byteSize}</Size></Part>`
