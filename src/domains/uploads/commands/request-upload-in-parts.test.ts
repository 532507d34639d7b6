import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import { request, requested, uploadRow } from '../../../testing/upload-steps.ts'
import { users } from '../../users/index.ts'

const mebibyte = 1024 * 1024
const as = 'ann@example.com'
const sound = { kind: 'AUDIO', contentType: 'audio/wav', filename: '녹음.wav' } as const

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

test.each([
  ['one byte above 64 MiB', 64 * mebibyte + 1, [...Array<number>(8).fill(8 * mebibyte), 1]],
  ['twice 64 MiB', 128 * mebibyte, Array<number>(16).fill(8 * mebibyte)],
  ['300 MiB', 300 * mebibyte, Array<number>(30).fill(10 * mebibyte)],
  ['512 MiB', 512 * mebibyte, Array<number>(32).fill(16 * mebibyte)],
])('%s is sent in equal parts by its size and a last part with the rest', async (_, byteSize, sizes) => {
  const answer = await requested(app, as, { ...sound, byteSize })
  expect(answer).toMatchObject({ request: null, upload: { status: 'PENDING' }, activity: null })
  expect(answer.parts?.map((part) => part.byteSize)).toEqual(sizes)
  expect(answer.parts?.map((part) => part.partNumber)).toEqual(sizes.map((_size, index) => index + 1))
  for (const { partNumber, request } of answer.parts ?? []) {
    const url = new URL(request.url)
    expect(request.method).toBe('PUT')
    expect(request.headers).toEqual([])
    expect(url.searchParams.get('partNumber')).toBe(String(partNumber))
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host')
    expect(url.href.toLowerCase()).not.toContain('x-amz-checksum')
  }
  const { multipartId, partByteSize } = await uploadRow(app, answer.upload.id)
  expect(multipartId).toBeTruthy()
  expect(partByteSize).toBe(sizes[0])
})

test('the URL of a part accepts only the length of the part', async () => {
  const { parts } = await requested(app, as, { ...sound, byteSize: 64 * mebibyte + 4 })
  const last = parts?.at(-1)?.request
  expect((await send(last!, Buffer.from('12345'))).status).toBe(403)
  expect((await send(last!, Buffer.from('123'))).status).toBe(403)
  expect((await send(last!, Buffer.from('1234'))).status).toBe(200)
})

test('a repeated request returns new URLs for the same parts, so that a long upload can continue', async () => {
  const input = { ...sound, byteSize: 64 * mebibyte + 4, idempotencyKey: 'an hour long' }
  const present = app.now
  app.now = new Date(present.getTime() - 30 * 60_000)
  const first = await requested(app, as, input)
  app.now = present
  const again = await requested(app, as, input)
  expect(again.upload.id).toBe(first.upload.id)
  const multipartIds = [first, again].map(({ parts }) =>
    new URL(parts?.at(-1)?.request.url ?? '').searchParams.get('uploadId'),
  )
  expect(multipartIds[0]).toBe(multipartIds[1])
  expect((await send(first.parts!.at(-1)!.request, Buffer.from('1234'))).status).toBe(403)
  expect((await send(again.parts!.at(-1)!.request, Buffer.from('1234'))).status).toBe(200)
})

describe('while the bucket is unavailable', () => {
  let offline: TestApp
  beforeAll(async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`
    offline = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { bucket: { ...inject('bucket'), endpoint } },
    })
  })
  afterAll(() => offline[Symbol.asyncDispose]())

  test('a multipart upload returns ProviderUnavailableError and creates nothing; the same key works later', async () => {
    const who = 'offline@example.com'
    const input = { ...sound, byteSize: 65 * mebibyte, idempotencyKey: 'again later' }
    expect(await request(offline, who, input)).toMatchObject({
      __typename: 'ProviderUnavailableError',
      code: 'PROVIDER_UNAVAILABLE',
    })
    const user = { emailIndex: app.app.services(users).emails.indexOf(who) }
    expect(await app.app.db.prisma.upload.count({ where: { user } })).toBe(0)
    expect(await app.app.db.prisma.idempotencyKey.count({ where: { key: input.idempotencyKey } })).toBe(0)
    expect(await requested(app, who, input)).toMatchObject({
      parts: Array.from({ length: 9 }, (_, index) => ({ partNumber: index + 1 })),
    })
  })

  test('a small file can be requested: signing a URL needs no bucket', async () => {
    expect(await requested(offline, as)).toMatchObject({ request: { method: 'PUT' } })
  })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
