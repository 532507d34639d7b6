import { randomUUID } from 'node:crypto'
import type { Settings } from '../../config/config.ts'
import type { Bucket, SignedRequest } from '../../domains/uploads/index.ts'
import { type Asked, type Check, type Finding, failed, ok, warning } from './finding.ts'
import { judgeClock } from './judge-clock.ts'
import { answerOf } from './no-answer.ts'

const answerMs = 5_000
const keysTodo = 'Check the R2_ variables: the endpoint, the bucket, and a token with Object Read & Write on it.'
const asks: Asked = {
  name: 'The bucket',
  todo: 'No key is wrong by that. Check R2_ENDPOINT, the way there, and https://www.cloudflarestatus.com; then run it again.',
}
const corsTodo = 'Paste the CORS rule of docs/operations.md, R2, with this origin in it.'
/** What a browser asks for when it sends a file: docs/operations.md, R2. */
const sentHeaders = ['content-type', 'content-disposition', 'content-md5', 'if-none-match']

/** Sends, reads and removes an object as clients do, by signed addresses; and asks as each origin's browsers ask. */
export function checkBucket(bucket: Bucket, { corsOrigins, mode }: Pick<Settings, 'corsOrigins' | 'mode'>): Check[] {
  const cors = corsOrigins.map((origin) => ({
    what: `CORS ${origin}`,
    todo: corsTodo,
    asks,
    run: async () => [await checkOrigin(bucket, { origin, isProduction: mode === 'production' })],
  }))
  return [{ what: 'bucket', todo: keysTodo, asks, run: () => checkObject(bucket) }, ...cors]
}

/** A probe has a name of its own: two doctors at once do not meet, and no person's file is touched. */
const probe = () => ({
  key: `doctor/${randomUUID()}`,
  contentType: 'text/plain',
  contentDisposition: 'attachment',
  contentMd5: null,
})

async function checkObject(bucket: Bucket): Promise<readonly Finding[]> {
  const body = new TextEncoder().encode('Put here by the doctor, who removes it.')
  const object = probe()
  const validity = () => ({ now: new Date(), seconds: 60 })
  const sent = bucket.signPut({ ...object, byteSize: body.length }, validity())
  const askedAt = Date.now()
  const put = await send(sent, body)
  const clock = clockOf(put, askedAt, Date.now())
  if (!put.ok) return [failed('bucket', `it refused a file: ${await refusal(put)}`, keysTodo), ...clock]
  try {
    const got = await send(bucket.signGet(object.key, validity()))
    const isSame = got.ok && Buffer.from(await got.arrayBuffer()).equals(body)
    if (!isSame) return [failed('bucket', 'what was put there does not come back', keysTodo), ...clock]
  } finally {
    await bucket.delete(object.key)
  }
  if ((await bucket.head(object.key)) !== null) {
    return [failed('bucket', `the object ${object.key} cannot be deleted`, keysTodo), ...clock]
  }
  return [ok('bucket', 'put, get and delete work'), ...clock]
}

async function send({ method, url, headers }: SignedRequest, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
  const named = headers.map(({ name, value }): [string, string] => [name, value])
  const signal = AbortSignal.timeout(answerMs)
  return answerOf(await fetch(url, { method, headers: named, body: body ?? null, signal }))
}

/** S3 says why in XML, with a code that programs know. */
async function refusal(response: Response): Promise<string> {
  const code = /<Code>(\w{1,50})<\/Code>/.exec(await response.text())?.[1]
  return `${response.status}${code ? ` ${code}` : ''}`
}

/** The Date header has whole seconds. */
function clockOf({ headers }: Response, askedAt: number, answeredAt: number): Finding[] {
  const at = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(at)) return []
  return [judgeClock("bucket's clock", { at, precisionMs: 1_000, askedAt, answeredAt })]
}

async function checkOrigin(
  bucket: Bucket,
  { origin, isProduction }: { origin: string; isProduction: boolean },
): Promise<Finding> {
  const what = `CORS ${origin}`
  const { url } = bucket.signPut({ ...probe(), byteSize: 1 }, { now: new Date(), seconds: 60 })
  const answer = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': sentHeaders.join(','),
    },
    signal: AbortSignal.timeout(answerMs),
  })
  answerOf(answer)
  const allowed = (name: string) =>
    (answer.headers.get(`access-control-allow-${name}`) ?? '').toLowerCase().split(/ *, */)
  const isFor = allowed('origin').some((text) => text === origin.toLowerCase() || text === '*')
  if (!answer.ok || !isFor) return failed(what, 'its pages may not send files', corsTodo)
  if (!['put', '*'].some((method) => allowed('methods').includes(method)))
    return failed(what, 'PUT is not allowed', corsTodo)
  const missing = sentHeaders.filter((name) => !['*', name].some((text) => allowed('headers').includes(text)))
  if (missing.length > 0) return failed(what, `these headers are not allowed: ${missing.join(', ')}`, corsTodo)
  if (allowed('origin').includes('*') && isProduction) {
    return warning(what, 'every page may send files', 'Name your origins in the CORS rule instead of *.')
  }
  return ok(what, 'its pages may send files')
}
