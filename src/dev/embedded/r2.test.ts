import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPortFree } from './free-port.ts'
import { type EmbeddedR2, findR2, startR2 } from './r2.ts'
import { DataFolderInUse } from './running.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pacer-r2-test-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))

const start = (port?: number) =>
  startR2({ dataDir, bucket: 'pacer-test', accessKeyId: 'test-key', secretAccessKey: 'test-secret', port })

function clientOf({ endpoint, accessKeyId, secretAccessKey }: EmbeddedR2): S3Client {
  return new S3Client({
    region: 'auto',
    forcePathStyle: true,
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

describe('the embedded R2', { timeout: 30_000 }, () => {
  it('accepts path-style presigned uploads and keeps objects and endpoint after a restart', async () => {
    let port: number
    {
      await using first = await start()
      port = first.port
      const put = new PutObjectCommand({ Bucket: first.bucket, Key: 'a/b c.txt', ContentType: 'text/plain' })
      const url = await getSignedUrl(clientOf(first), put, { signableHeaders: new Set(['content-type']) })
      expect(url.startsWith(`${first.endpoint}/${first.bucket}/a/b%20c.txt?`)).toBe(true)
      const refused = await fetch(url, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/html' } })
      expect(refused.status).toBe(403)
      const done = await fetch(url, { method: 'PUT', body: 'kept', headers: { 'content-type': 'text/plain' } })
      expect(done.status).toBe(200)
    }
    await using second = await start(port)
    expect(second.port).toBe(port)
    const got = await clientOf(second).send(new GetObjectCommand({ Bucket: second.bucket, Key: 'a/b c.txt' }))
    expect(await got.Body?.transformToString()).toBe('kept')
  })

  it('uses another port if the preferred one is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await using r2 = await start(port)
    expect(r2.port).not.toBe(port)
    other.close()
  })

  it('lets exactly one of several concurrent starts succeed', async () => {
    const starts = await Promise.allSettled([start(), start(), start()])
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const started of starts) {
      if (started.status === 'fulfilled') await started.value.stop()
      else expect(started.reason).toBeInstanceOf(DataFolderInUse)
    }
    await using again = await start()
    expect(again.pid).toBeGreaterThan(0)
  })

  it('refuses a folder that is in use and finds the server that uses it', async () => {
    expect(await findR2(dataDir)).toBeNull()
    const r2 = await start()
    await expect(start()).rejects.toThrow(DataFolderInUse)
    expect(await findR2(dataDir)).toMatchObject({ endpoint: r2.endpoint, pid: r2.pid })
    await Promise.all([r2.stop(), r2.stop()])
    expect(await findR2(dataDir)).toBeNull()
    expect(await isPortFree(r2.port)).toBe(true)
  })

  it('reports a crash, leaves no workerd behind, and starts again on the same port', async () => {
    const first = await start()
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    await expect.poll(() => isPortFree(first.port)).toBe(true)
    await first.stop()
    await using second = await start(first.port)
    expect(second.port).toBe(first.port)
  })
})
