import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startCollector } from '../../testing/collector.ts'
import { type CurrentRequest, currentRequest } from './current-request.ts'
import { createLog } from './log.ts'
import { trace } from './opentelemetry.ts'
import { startTracing } from './start-tracing.ts'
import { inSpan } from './tracing.ts'

/** The output of a program that makes these calls: `log.info(...)`, `log.warn(...)`. */
async function written(calls: string, { level = 'info', pretty = false } = {}): Promise<string> {
  const module = fileURLToPath(new URL('./log.ts', import.meta.url))
  const script = `import { createLog } from ${JSON.stringify(module)}
    import { inspect } from 'node:util'
    const log = createLog({ level: '${level}', pretty: ${pretty} })
    ${calls}
    log.flush()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return stdout
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a line is JSON with the level, its severity, the time in ISO 8601 and the message, and nothing of the machine', async () => {
  const [line] = linesOf(await written(`log.info({ job: 'a' }, 'job done')`))
  expect(line).toEqual({
    level: 'info',
    severity: 'INFO',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    job: 'a',
    msg: 'job done',
  })
})

test('each level has the severity of Google Cloud Logging', async () => {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
  const lines = linesOf(await written(levels.map((level) => `log.${level}('a')`).join('\n'), { level: 'trace' }))
  expect(lines.map(({ level, severity }) => [level, severity])).toEqual([
    ['trace', 'DEBUG'],
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
    ['fatal', 'CRITICAL'],
  ])
})

test('a child and its bindings keep the format', async () => {
  const [line] = linesOf(await written(`log.child({ job: 'a' }).warn('b')`))
  expect(line).toMatchObject({ level: 'warn', severity: 'WARNING', job: 'a', msg: 'b' })
})

test('what is below the level is not written', async () => {
  expect(linesOf(await written(`log.info('a'); log.warn('b')`, { level: 'warn' }))).toMatchObject([{ msg: 'b' }])
})

test('on a terminal it is text', async () => {
  const text = await written(`log.info({ job: 'a' }, 'job done')`, { pretty: true })
  expect(text).toMatch(/\[\d\d:\d\d:\d\d\] .*INFO.*: .*job done/)
})

test('an error is written with its stack and its cause', async () => {
  const [line] = linesOf(await written(`log.error(new Error('no answer', { cause: new Error('refused') }))`))
  expect(line).toMatchObject({
    msg: 'no answer',
    err: { message: 'no answer: refused', stack: expect.stringMatching(/no answer\n +at .*caused by: .*refused\n/s) },
  })
})

test('a line has the id of the request that it is logged for, until that is answered', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  const request: CurrentRequest = { id: 'Page-7', codes: new Set(), isAnswered: false }
  currentRequest.run(request, () => {
    log.info('during the request')
    log.child({ job: 'a' }).info({ requestId: 'Page-8' }, 'of another')
    request.isAnswered = true
    log.info('later')
  })
  log.info('outside')
  expect(lines.map((line) => JSON.parse(line)).map(({ msg, requestId }) => [msg, requestId])).toEqual([
    ['during the request', 'Page-7'],
    ['of another', 'Page-8'],
    ['later', undefined],
    ['outside', undefined],
  ])
})

test('a line has the ids of the span that is open, and none without one', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  await using collector = await startCollector()
  const options = { endpoint: collector.url, headers: '', serviceName: 'a', deployment: 'a', ratio: 1 }
  const ids: object[] = []
  const logInSpan = async () => {
    await inSpan('a', {}, async () => {
      const { traceId, spanId } = trace.getActiveSpan()!.spanContext()
      ids.push({ trace_id: traceId, span_id: spanId })
      log.info('within')
      queueMicrotask(() => setImmediate(() => log.info('after its end')))
    })
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  {
    await using _ = startTracing({ ...options, sampler: 'always_on' }, { version: '1', log })
    await logInSpan()
    log.info('outside')
  }
  {
    await using _ = startTracing({ ...options, sampler: 'always_off' }, { version: '1', log })
    await logInSpan()
  }
  const [within, afterwards, outside, unsampled] = lines.map((line) => JSON.parse(line))
  expect(within).toMatchObject({ msg: 'within', ...ids[0] })
  for (const line of [afterwards, outside, unsampled]) expect(line).not.toHaveProperty('trace_id')
  expect([afterwards.msg, outside.msg, unsampled.msg]).toEqual(['after its end', 'outside', 'within'])
})

/** What a log must not contain, with the parts that the test searches for. */
const canaries: Record<string, readonly string[]> = {
  'canary.bird@example.com': ['canary.bird'],
  "o'canary+bird@mail.example.co.uk": ['canary+bird'],
  'kanarienvögel@bücher.example': ['kanarienvögel', 'kanarienv'],
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LXNpZ25hdHVyZQ': ['eyJhbGci', 'eyJzdWIi', 'Y2FuYXJ5'],
  'Bearer canary-opaque-session': ['canary-opaque'],
  'Basic Y2FuYXJ5OmNhbmFyeQ==': ['Y2FuYXJ5'],
  sk_test_CanaryCanaryCanary: ['CanaryCanary'],
  sk_CanaryCanaryRevenue: ['CanaryCanary'],
  whsec_Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5: ['Q2FuYXJ5'],
  'v1,Q2FuYXJ5c2lnbmF0dXJlQ2FuYXJ5c2lnbmF0dXJlMTI=': ['Q2FuYXJ5'],
  't=1700000000,v1=ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a': ['ca7a12'],
  'https://acc.r2.example/b/k.mp4?X-Amz-Credential=CANARYID%2Fauto&X-Amz-Date=2&X-Amz-Signature=c0ffeecanary': [
    'CANARYID',
    'c0ffeecanary',
  ],
  'postgres://pacer:canary/word@db.example:5432/pacer': ['canary/word', 'canary'],
}

/** Ways to log a value; `c` is the canary. */
const ways = [
  'log.info(c)',
  'log.info("before " + c + " after")',
  'log.info("(" + c + "),")',
  'log.info("of %s", c)',
  'log.info("of %o and %j", c, { deep: [c] })',
  'log.info("%s", inspect({ a: c, map: new Map([["a", c]]), bytes: Buffer.from(c) }))',
  'log.info(JSON.stringify({ a: c }))',
  'log.info(JSON.stringify({ a: JSON.stringify({ a: c }) }))',
  'log.info(JSON.stringify(Buffer.from(c)))',
  'log.info(encodeURIComponent(c))',
  'log.info(encodeURIComponent(encodeURIComponent(c)))',
  'log.info("https://a.example/?b=" + encodeURIComponent(c) + "&d=e")',
  'log.info([...c].map((u) => "\\\\u" + u.codePointAt(0).toString(16).padStart(4, "0")).join(""))',
  'log.info([...c].map((u) => "&#" + u.codePointAt(0) + ";").join(""))',
  'log.info("%" + [...Buffer.from(c)].map((b) => b.toString(16).padStart(2, "0")).join("%"))',
  'log.info(Buffer.from(c).toString("base64") + " " + Buffer.from(c).toString("hex"))',
  'log.info(c + "\\n" + c + "\\t" + c)',
  'log.info({ a: c })',
  'log.info({ [c]: 1 })',
  'log.info({ a: { b: { c: { d: [[{ e: c }]] } } } }, "deep")',
  'log.info({ a: [c, c] })',
  'log.info({ a: [...new Map([["a", c]])], b: [...new Set([c])] })',
  'log.info({ a: Buffer.from(c), b: new Uint8Array(Buffer.from(c)), d: [...Buffer.from(c)] })',
  'log.info({ a: { toJSON: () => c } })',
  'log.info({ a: new String(c) })',
  'log.info({ get a() { return c } })',
  'log.info({ msg: c })',
  'log.info({ time: c, level: c, requestId: c })',
  'log.info({ headers: new Map([["authorization", c]]), raw: ["Authorization", c, "Cookie", c] })',
  'log.info({ req: { method: "GET", url: "/?a=" + encodeURIComponent(c), headers: { cookie: c, "x-a": c } } })',
  'log.info({ method: "GET", url: c, headers: { authorization: c }, socket: { remoteAddress: c } })',
  'const round = { c }; round.round = round; log.info(round)',
  'log.info({ big: 1n, c })',
  'log.error(new Error(c))',
  'log.error({ err: new Error("a", { cause: new Error(c) }) }, "failed")',
  'log.error({ err: new AggregateError([new Error(c)], "a") })',
  'log.error({ err: Object.assign(new Error("a"), { config: { url: c }, [c]: c }) })',
  'log.error({ error: Object.assign(new Error("a"), { input: c }) })',
  'const named = new Error("a"); named.name = c; named.stack = c; log.error(named)',
  'log.error(Object.assign(new Error("a"), { stack: c }), c)',
  'log.child({ a: c }).info("a")',
  'log.child({ a: c }).info({ a: 1 }, "a")',
  'log.child({ a: c }).child({ [c]: 1 }).info("a")',
  'log.child({}, { msgPrefix: c + " " }).info("a")',
  'log.child({}, { serializers: { a: () => c } }).info({ a: 1 })',
  'log.child({}, { redact: ["b"] }).info({ a: c })',
  'const bound = log.child({}); bound.setBindings({ a: c }); bound.info("a")',
  'for (const level of ["trace", "debug", "warn", "error", "fatal"]) log[level](c)',
]

/** Values that are secret by their name only. */
const namedWays = ['authorization', 'cookie', 'password', 'clientSecret', 'accessToken', 'x-api-key', 'svix-signature']
  .flatMap((name) => [`'${name}'`, `'${name.toUpperCase()}'`])
  .flatMap((name) => [
    `log.info({ [${name}]: c })`,
    `log.info({ a: [{ [${name}]: { b: [c, 7] } }] })`,
    `log.info({ [${name}]: new Map([[c, c]]), a: [...new Headers([[${name}, c]])] })`,
    `log.info({ a: [${name}, c] })`,
    `log.info({ a: [{ name: ${name}, value: c }] })`,
    `log.info(${name} + ': ' + c)`,
    `log.info(${name} + '=' + c)`,
    `log.info(JSON.stringify({ [${name}]: c }))`,
    `log.info(JSON.stringify({ a: JSON.stringify({ [${name}]: 'a"' + c }) }))`,
    `log.info(JSON.stringify({ [${name}]: { b: [c] } }))`,
    `log.info(inspect({ [${name}]: c, map: new Map([[${name}, { b: c }]]) }))`,
    `log.info('of %j', { [${name}]: c })`,
    `log.error(Object.assign(new Error('a'), { [${name}]: c }))`,
    `log.child({ [${name}]: c }).info('a')`,
    `log.info('/?a=b&' + ${name} + '=' + encodeURIComponent(c))`,
  ])

const calls = (canary: string, all: readonly string[]) =>
  all.map((way) => `{ const c = ${JSON.stringify(canary)}; ${way} }`).join('\n')

const everything = [
  ...Object.keys(canaries).map((canary) => calls(canary, ways)),
  calls('canaryword', namedWays),
  'log.info("the end")',
].join('\n')

/** The secret itself, and as the ways above encode it. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const units = [...secret].map((unit) => unit.codePointAt(0) ?? 0)
  return [
    secret,
    bytes.toString('hex'),
    [...bytes].join(','),
    encodeURIComponent(secret),
    units.map((unit) => `u${unit.toString(16).padStart(4, '0')}`).join(''),
    units.map((unit) => `&#${unit};`).join(''),
  ].map(withoutPunctuation)
}

/** Removes escapes and list syntax, which could hide a secret from the test. */
const withoutPunctuation = (line: string) => line.toLowerCase().replace(/"\d+\\*":|[\\\s%]/g, '')

test.each([
  ['as JSON', false],
  ['on a terminal', true],
])(
  'no address, token, secret, signature or signed URL is in a log, however it was logged: %s',
  async (_form, pretty) => {
    const text = await written(everything, { level: 'trace', pretty })
    const lines = text.split('\n').map(withoutPunctuation)
    const spellings = ['canaryword', ...Object.values(canaries).flat()].flatMap(spellingsOf)
    const found = lines.filter((line) => spellings.some((spelling) => line.includes(spelling)))
    expect(found).toEqual([])
    // The lines were written, not lost.
    expect(text).toContain('the end')
    expect(lines.length).toBeGreaterThan(ways.length * Object.keys(canaries).length + namedWays.length)
    expect(text).not.toContain('could not be masked')
  },
)
