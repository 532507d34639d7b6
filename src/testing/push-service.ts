import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** A fake push service, as strict as those of browsers, with the browsers that have subscribed. */
export interface FakePushService extends FakeServer {
  /** Subscribes a browser: what `subscription.toJSON()` returns, flattened. */
  subscribe(): { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
  /** The decrypted payloads of accepted messages. */
  readonly messages: readonly { readonly endpoint: string; readonly payload: PushPayload; readonly topic: string }[]
  /** What was refused, and why. */
  readonly refusals: readonly string[]
}

export interface PushPayload {
  readonly title: string
  readonly body: string
  readonly tag: string
  readonly data: Readonly<Record<string, string>>
}

interface Browser {
  readonly keys: ECDH
  readonly auth: Buffer
}

export async function startPushService(vapidPublicKey: string): Promise<FakePushService> {
  const browsers = new Map<string, Browser>()
  const messages: { endpoint: string; payload: PushPayload; topic: string }[] = []
  const refusals: string[] = []
  const server = await startFakeServer(async (request) => {
    const endpoint = `${server.url}${request.url}`
    const browser = browsers.get(endpoint)
    if (!browser) return { status: 410, body: '' }
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    try {
      await checkRequest(request.headers, { origin: server.url, vapidPublicKey, bytes: body.length })
      const payload = JSON.parse(decrypt(body, browser).toString('utf8')) as PushPayload
      messages.push({ endpoint, payload, topic: String(request.headers.topic) })
      return { status: 201, body: '' }
    } catch (error) {
      refusals.push(String(error))
      return { status: body.length > 4_096 ? 413 : 400, body: '' }
    }
  }, '')
  return Object.assign(server, {
    messages,
    refusals,
    subscribe() {
      const keys = createECDH('prime256v1')
      const p256dh = keys.generateKeys('base64url')
      const auth = randomBytes(16)
      const endpoint = `${server.url}/push/${randomBytes(8).toString('hex')}`
      browsers.set(endpoint, { keys, auth })
      return { endpoint, p256dh, auth: auth.toString('base64url') }
    },
  })
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

async function checkRequest(
  headers: Headers,
  { origin, vapidPublicKey, bytes }: { origin: string; vapidPublicKey: string; bytes: number },
): Promise<void> {
  if (bytes > 4_096) throw new Error(`${bytes} bytes`)
  if (headers['content-encoding'] !== 'aes128gcm') throw new Error('The content encoding is not aes128gcm.')
  if (!/^\d+$/.test(String(headers.ttl))) throw new Error('There is no TTL.')
  if (headers.topic !== undefined && !/^[\w-]{1,32}$/.test(String(headers.topic)))
    throw new Error('The topic is invalid.')
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(String(headers.authorization)) ?? []
  if (key !== vapidPublicKey) throw new Error('The VAPID key is another one.')
  const point = Buffer.from(key, 'base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  const { payload } = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), { audience: origin })
  if (!String(payload.sub).startsWith('mailto:')) throw new Error('There is no subject.')
  const day = 86_400
  if ((payload.exp ?? 0) > Date.now() / 1_000 + day) throw new Error('The token is valid for more than a day.')
}

/** RFC 8291 over RFC 8188, with one record. */
function decrypt(body: Buffer, { keys, auth }: Browser): Buffer {
  const salt = body.subarray(0, 16)
  const keyLength = body[20] ?? 0
  const sender = body.subarray(21, 21 + keyLength)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), sender])
  const secret = Buffer.from(hkdfSync('sha256', keys.computeSecret(sender), auth, info, 32))
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, salt, Buffer.from(`Content-Encoding: ${purpose}\0`), length))
  const encrypted = body.subarray(21 + keyLength)
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
  decipher.setAuthTag(encrypted.subarray(-16))
  const padded = Buffer.concat([decipher.update(encrypted.subarray(0, -16)), decipher.final()])
  // The record ends with a delimiter, 2 for the last one, and zeros.
  return padded.subarray(0, padded.lastIndexOf(2))
}
