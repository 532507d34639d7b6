import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Bucket } from '../../domains/uploads/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { createR2Bucket } from './bucket.ts'

const access = { bucket: 'uploads', accessKeyId: 'an-id', secretAccessKey: 'a-secret' }

describe('a bucket that fails', () => {
  const timeouts = { connectMs: 200, requestMs: 200, deadlineMs: 5_000, streamDeadlineMs: 5_000 }
  const operations: Record<string, (from: Bucket) => Promise<unknown>> = {
    createMultipart: (from) => from.createMultipart({ key: 'k', contentType: 'a/b', contentDisposition: 'inline' }),
    completeMultipart: (from) =>
      from.completeMultipart({ key: 'k', multipartId: 'm', parts: [{ partNumber: 1, etag: 'e' }] }),
    abortMultipart: (from) => from.abortMultipart({ key: 'k', multipartId: 'm' }),
    head: (from) => from.head('k'),
    readStart: (from) => from.readStart('k', 10),
    read: (from) => from.read('k'),
    readStream: (from) => drain(from),
    write: (from) =>
      from.write({ key: 'k', contentType: 'a/b', contentDisposition: 'inline', body: Buffer.from('abc') }),
    delete: (from) => from.delete('k'),
  }

  async function drain(from: Bucket): Promise<void> {
    for await (const _ of (await from.readStream('k')) ?? []);
  }

  /** A bucket whose server on loopback is `listener`, and the number of requests that it received. */
  async function behind(listener: RequestListener, options: Partial<typeof timeouts> = {}) {
    let requests = 0
    const server = createServer((request, response) => {
      requests++
      request.resume()
      listener(request, response)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = createR2Bucket({ ...access, endpoint, ...timeouts, ...options })
    return {
      client,
      endpoint,
      requests: () => requests,
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]()
        server.closeAllConnections()
        await new Promise((closed) => server.close(closed))
      },
    }
  }

  const failure = (work: Promise<unknown>) =>
    work.then(
      (result) => expect.unreachable(`resolved to ${JSON.stringify(result)}`),
      (error: unknown) => error as Error,
    )

  test.concurrent.each(Object.entries(operations))(
    '%s: unreachable, overloaded, forbidden or without a response is ProviderUnavailable',
    async (_, operation) => {
      const answers: [RequestListener, number][] = [
        [(_, response) => response.writeHead(503).end(), 3],
        [(_, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>down'), 3],
        [(_, response) => response.writeHead(403).end(), 1],
        [(_, response) => response.writeHead(401, { 'content-type': 'text/html' }).end('<html>no'), 1],
        [() => {}, 3],
        [(_, response) => response.destroy(), 3],
      ]
      let closed = ''
      for (const [answer, tries] of answers) {
        await using away = await behind(answer)
        const error = await failure(operation(away.client))
        expect(error).toBeInstanceOf(ProviderUnavailable)
        expect(error.message).toMatch(/^The file store is temporarily unavailable/)
        expect(error.cause).toBeInstanceOf(Error)
        expect(away.requests()).toBe(tries)
        closed = away.endpoint
      }
      using unreachable = createR2Bucket({ ...access, endpoint: closed, ...timeouts })
      expect(await failure(operation(unreachable))).toBeInstanceOf(ProviderUnavailable)
    },
    30_000,
  )

  test('429 is retried and then ProviderUnavailable', async () => {
    await using busy = await behind((_, response) => response.writeHead(429).end())
    expect(await failure(busy.client.head('k'))).toBeInstanceOf(ProviderUnavailable)
    expect(busy.requests()).toBe(3)
  }, 20_000)

  test('a single failure is retried', async () => {
    let first = true
    await using shaky = await behind((_, response) => {
      response.writeHead(first ? 500 : 200, { etag: '"e"', 'content-length': 3 }).end(first ? undefined : 'abc')
      first = false
    })
    expect(await shaky.client.read('k')).toEqual(new Uint8Array(Buffer.from('abc')))
  })

  test.concurrent.each<[string, RequestListener]>([
    [
      'a response that is cut off',
      (_, response) => {
        response.writeHead(200, { etag: '"e"', 'content-length': 100 }).write('abc', () => response.destroy())
      },
    ],
    [
      'a response that stops',
      (_, response) => {
        response.writeHead(200, { etag: '"e"', 'content-length': 100 }).write('abc')
      },
    ],
    [
      'a response that arrives byte by byte until the deadline',
      (_, response) => {
        response.writeHead(200, { etag: '"e"', 'content-length': 100_000 })
        const trickle = setInterval(() => response.write('abc'), 50)
        response.on('close', () => clearInterval(trickle))
      },
    ],
    ['Retry-After of an hour', (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end()],
    ['a page of another server', (_, response) => response.writeHead(200).end('<html>Welcome')],
  ])('%s is ProviderUnavailable in time', async (_, answer) => {
    await using broken = await behind(answer, { deadlineMs: 1_000, streamDeadlineMs: 1_000 })
    const started = performance.now()
    const failures = await Promise.all([failure(broken.client.read('k')), failure(drain(broken.client))])
    for (const error of failures) expect(error).toBeInstanceOf(ProviderUnavailable)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test('a page of another server is not taken for a completed upload', async () => {
    await using portal = await behind((_, response) => response.writeHead(200).end('<html>Welcome</html>'))
    const error = await failure(operations.completeMultipart!(portal.client))
    expect(error).toBeInstanceOf(ProviderUnavailable)
    expect(error.cause).toMatchObject({ message: 'The answer has no ETag.' })
  })

  test.concurrent.each(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall'])(
    'R2’s %s is invalid-parts',
    async (code) => {
      const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>No.</Message></Error>`
      await using refusing = await behind((_, response) =>
        response.writeHead(400, { 'content-type': 'application/xml' }).end(xml),
      )
      expect(await operations.completeMultipart!(refusing.client)).toBe('invalid-parts')
    },
  )

  test('a wrong request is thrown as it is', async () => {
    const xml = '<?xml version="1.0"?><Error><Code>InvalidArgument</Code><Message>No.</Message></Error>'
    await using refusing = await behind((_, response) => response.writeHead(400).end(xml))
    const error = await failure(refusing.client.read('k'))
    expect(error).not.toBeInstanceOf(ProviderUnavailable)
    expect(error.name).toBe('InvalidArgument')
  })

  test('receives no checksum header and no Expect header', async () => {
    const seen: string[] = []
    await using listening = await behind(
      (request, response) => {
        seen.push(`${request.url} ${Object.keys(request.headers).join(' ')}`)
        response.writeHead(500).end()
      },
      { requestMs: 2_000 },
    )
    for (const operation of Object.values(operations)) await failure(operation(listening.client))
    expect(seen.length).toBe(3 * Object.keys(operations).length)
    expect(seen.join('\n')).not.toMatch(/x-amz-(sdk-)?checksum|x-amz-trailer|expect|aws-chunked/i)
  }, 20_000)
})
