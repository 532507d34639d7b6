import { randomUUID } from 'node:crypto'
import type { Settings } from '../../config/config.ts'
import type { Bucket, SignedRequest } from '../../domains/uploads/index.ts'
import { compareClocks } from './compare-clocks.ts'
import { type Check, type CheckedService, type Finding, failed, ok, warning } from './finding.ts'
import { requireAvailable } from './service-unavailable.ts'

const timeoutMs = 5_000
const keysTodo = 'Check the R2_ variables: the endpoint, the bucket, and a token with Object Read & Write permission.'
const service: CheckedService = {
  name: 'The bucket',
  todo: 'This does not mean that a key is wrong. Check R2_ENDPOINT, the network and https://www.cloudflarestatus.com, then run the doctor again.',
}
const corsTodo = 'Set the CORS rule from docs/operations.md, R2, with this origin in it.'
/** The headers that a browser sends with a file: docs/operations.md, R2. */
const sentHeaders = ['content-type', 'content-disposition', 'content-md5', 'if-none-match']

/**
 * Checks that an object can be uploaded, read and deleted with presigned URLs, as clients do it, and that the CORS rule
 * allows uploads from each configured origin.
 */
export function checkBucket(bucket: Bucket, { corsOrigins, mode }: Pick<Settings, 'corsOrigins' | 'mode'>): Check[] {
  const cors = corsOrigins.map((origin) => ({
    what: `CORS ${origin}`,
    todo: corsTodo,
    service,
    run: async () => [await checkOrigin(bucket, { origin, isProduction: mode === 'production' })],
  }))
  return [{ what: 'bucket', todo: keysTodo, service, run: () => checkObject(bucket) }, ...cors]
}

/** The key is unique, so that two doctors can run at once and no user's file is touched. */
const probeObject = () => ({
  key: `doctor/${randomUUID()}`,
  contentType: 'text/plain',
  contentDisposition: 'attachment',
  contentMd5: null,
})

async function checkObject(bucket: Bucket): Promise<readonly Finding[]> {
  const body = new TextEncoder().encode('Uploaded by `cli doctor`, which deletes it.')
  const object = probeObject()
  const validity = () => ({ now: new Date(), seconds: 60 })
  const sent = await bucket.signPut({ ...object, byteSize: body.length }, validity())
  const sentAt = Date.now()
  const put = await send(sent, body)
  const clock = checkClock(put, sentAt, Date.now())
  if (!put.ok) return [failed('bucket', `an upload was refused: ${await refusal(put)}`, keysTodo), ...clock]
  try {
    const got = await send(await bucket.signGet(object.key, validity()))
    const isSame = got.ok && Buffer.from(await got.arrayBuffer()).equals(body)
    if (!isSame) return [failed('bucket', 'the uploaded object reads differently', keysTodo), ...clock]
  } finally {
    await bucket.delete(object.key)
  }
  if ((await bucket.head(object.key)) !== null) {
    return [failed('bucket', `the object ${object.key} cannot be deleted`, keysTodo), ...clock]
  }
  return [ok('bucket', 'put, get and delete work'), ...clock]
}

async function send({ method, url, headers }: SignedRequest, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
  const entries = headers.map(({ name, value }): [string, string] => [name, value])
  const signal = AbortSignal.timeout(timeoutMs)
  return requireAvailable(await fetch(url, { method, headers: entries, body: body ?? null, signal }))
}

/** The status and the error code of S3's XML body. */
async function refusal(response: Response): Promise<string> {
  const code = /<Code>(\w{1,50})<\/Code>/.exec(await response.text())?.[1]
  return `${response.status}${code ? ` ${code}` : ''}`
}

/** The Date header has a precision of a second. */
function checkClock({ headers }: Response, sentAt: number, receivedAt: number): Finding[] {
  const at = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(at)) return []
  return [compareClocks("bucket's clock", { at, precisionMs: 1_000, sentAt, receivedAt })]
}

async function checkOrigin(
  bucket: Bucket,
  { origin, isProduction }: { origin: string; isProduction: boolean },
): Promise<Finding> {
  const what = `CORS ${origin}`
  const { url } = await bucket.signPut({ ...probeObject(), byteSize: 1 }, { now: new Date(), seconds: 60 })
  const response = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': sentHeaders.join(','),
    },
    signal: AbortSignal.timeout(timeoutMs),
  })
  requireAvailable(response)
  const allowed = (name: string) =>
    (response.headers.get(`access-control-allow-${name}`) ?? '').toLowerCase().split(/ *, */)
  const allowsOrigin = allowed('origin').some((text) => text === origin.toLowerCase() || text === '*')
  if (!response.ok || !allowsOrigin) return failed(what, 'the CORS rule does not allow this origin', corsTodo)
  if (!['put', '*'].some((method) => allowed('methods').includes(method)))
    return failed(what, 'the CORS rule does not allow PUT', corsTodo)
  const missing = sentHeaders.filter((name) => !['*', name].some((text) => allowed('headers').includes(text)))
  if (missing.length > 0) return failed(what, `these headers are not allowed: ${missing.join(', ')}`, corsTodo)
  if (allowed('origin').includes('*') && isProduction) {
    return warning(what, 'every origin may upload files', 'List your origins in the CORS rule instead of *.')
  }
  return ok(what, 'may upload files')
}
