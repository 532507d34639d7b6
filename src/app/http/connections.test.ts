import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { connectRaw, type RawConnection } from '../../testing/raw-connection.ts'

/** An address of this machine that is not loopback: connections over loopback are not counted. */
const outer = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

const limits = { ...defaultLimits, connectionsPerAddress: 3 }
const start = (databaseUrl: string, trustedProxies: readonly string[] = []) =>
  startTestApp({
    databaseUrl,
    config: { limits, trustedProxies, host: '0.0.0.0', allowedHosts: ['127.0.0.1', outer ?? ''] },
  })

let app: TestApp
let limited: TestApp
beforeAll(async () => {
  app = await startTestApp()
  limited = await start(app.databaseUrl)
})
afterAll(async () => {
  await limited[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const addressOf = (server: TestApp, host = '127.0.0.1') => server.url.replace('127.0.0.1', host)

/** Whether a request is answered. The connection stays open. */
async function isServed({ socket, received, closed }: RawConnection): Promise<boolean> {
  const before = received().length
  socket.write('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await Promise.race([once(socket, 'data').catch(() => undefined), closed])
  return received().length > before
}

/** Opens four connections, one after another. */
async function openFour(url: string) {
  const connections: RawConnection[] = []
  const served: boolean[] = []
  for (let n = 0; n < 4; n += 1) {
    const connection = connectRaw(url)
    connections.push(connection)
    served.push(await isServed(connection))
  }
  return { connections, served, end: () => connections.map(({ socket }) => socket.destroy()) }
}

describe.skipIf(!outer)('connections of one address', () => {
  test('are at most three: a fourth is closed, and the first three and other addresses are served', async () => {
    const { connections, served, end } = await openFour(addressOf(limited, outer))
    expect(served).toEqual([true, true, true, false])
    expect(await Promise.all(connections.slice(0, 3).map(isServed))).toEqual([true, true, true])
    expect((await fetch(`${limited.url}/health/live`)).status).toBe(200)
    end()
  })

  test('are counted while they are open', async () => {
    await using other = await start(app.databaseUrl)
    const url = addressOf(other, outer)
    const { connections, end } = await openFour(url)
    expect(await isServedOnce(url)).toBe(false)
    connections[0]?.socket.destroy()
    for (let n = 0; n < 5; n += 1) await expect.poll(() => isServedOnce(url)).toBe(true)
    end()
  })

  test('are not counted for a trusted proxy, which many clients share', async () => {
    await using behind = await start(app.databaseUrl, [`${outer}/32`])
    const { served, end } = await openFour(addressOf(behind, outer))
    expect(served).toEqual([true, true, true, true])
    end()
  })
})

test('connections over loopback are not counted', async () => {
  const { served, end } = await openFour(limited.url)
  expect(served).toEqual([true, true, true, true])
  end()
})

async function isServedOnce(url: string): Promise<boolean> {
  const connection = connectRaw(url)
  const served = await isServed(connection)
  connection.socket.destroy()
  return served
}
