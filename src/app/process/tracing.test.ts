import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { inJobSpan } from '../../platform/queue/job-cause.ts'
import { defineJob, enqueue, enqueueMany } from '../../platform/queue/jobs.ts'
import { silentLog } from '../../platform/watching/log.ts'
import { startTracing } from '../../platform/watching/start-tracing.ts'
import { inSpan } from '../../platform/watching/tracing.ts'
import { startTestApp } from '../../testing/app.ts'
import { clerkPerson } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { type CollectedSpan, startCollector } from '../../testing/collector.ts'
import { cloneDatabase } from '../../testing/postgres.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { completed } from '../../testing/upload-steps.ts'

const person = 'ada.lovelace@example.com'

/** A server and a worker whose spans a collector gets; `flush` ends the tracing and answers all that there were. */
async function traced(changes: { readonly sampler?: string; readonly ratio?: number } = {}) {
  const collector = await startCollector()
  const tracing = {
    endpoint: collector.url,
    headers: 'x-key=a%20secret',
    serviceName: 'pacer',
    sampler: 'parentbased_always_on',
    ratio: 1,
    deployment: 'test',
    ...changes,
  }
  const started = startTracing(tracing, { version: '1', log: silentLog })
  const app = await startTestApp({ worker: true, config: { tracing } })
  onTestFinished(async () => {
    await app[Symbol.asyncDispose]()
    await started[Symbol.asyncDispose]()
    await collector[Symbol.asyncDispose]()
  })
  const flush = async () => {
    await app[Symbol.asyncDispose]()
    await started[Symbol.asyncDispose]()
    return collector.spans
  }
  return { app, collector, flush }
}

const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name)
const one = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const [span, ...more] = named(spans, name)
  if (!span || more.length > 0) throw new Error(`Not one ${name}: ${spans.map((each) => each.name).join(', ')}`)
  return span
}
const childrenOf = (spans: readonly CollectedSpan[], parent: CollectedSpan) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name)

test('an upload is one trace: request, operation, its SQL, and the job in the worker with its own', async () => {
  const { app, collector, flush } = await traced()
  const { activity, upload, request } = await completed(app, person)
  await expect
    .poll(() => app.app.db.prisma.activity.findFirst({ where: { status: 'READY' } }), { timeout: 10_000 })
    .not.toBeNull()
  const all = await flush()

  const operation = one(all, 'mutation CompleteUpload')
  const spans = all.filter(({ traceId }) => traceId === operation.traceId)
  const [root] = spans.filter(({ parentSpanId }) => !parentSpanId)
  expect(root).toMatchObject({ name: 'POST /graphql', spanId: operation.parentSpanId })
  expect(root?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } })
  expect(childrenOf(spans, operation)).toEqual(expect.arrayContaining(['UPDATE', 'COMMIT', 'job activities.read-file']))
  const job = one(spans, 'job activities.read-file')
  expect(childrenOf(spans, job)).toEqual(expect.arrayContaining(['SELECT', 'UPDATE', 'COMMIT']))
  // Who asks is found before the operation begins.
  expect(root && childrenOf(spans, root)).toContain('SELECT')

  expect(collector.headers).toMatchObject({ 'x-key': 'a secret' })
  const text = JSON.stringify(all)
  for (const secret of ['lovelace', 'run.fit', await app.token(person), activity?.id, upload.id, request?.url]) {
    expect(secret).toBeTruthy()
    expect(text).not.toContain(secret)
  }
})

test('a webhook and the job that works on it are a trace', async () => {
  const { app, flush } = await traced()
  const delivered = await deliver(app, { type: 'user.created', data: clerkPerson(`user_${randomUUID()}`) })
  expect(delivered.status).toBe(200)
  await expect.poll(() => app.app.db.prisma.user.count(), { timeout: 10_000 }).toBe(1)
  const spans = await flush()
  const root = one(spans, 'POST /webhooks/clerk')
  expect(childrenOf(spans, root)).toContain('job inbox.process')
  expect(one(spans, 'job inbox.process').traceId).toBe(root.traceId)
})

test('a job of later has a trace of its own that links to its cause; many at once are parts of it', async () => {
  const { app, flush } = await traced()
  const settle = defineJob('billing.settle', z.object({ id: z.string() }))
  await inSpan('cause', {}, () =>
    app.app.db.transaction(async (tx) => {
      await enqueue(tx, settle, { id: randomUUID() }, { key: 'later', runAt: new Date(0) })
      await enqueueMany(tx, settle, [
        { payload: { id: randomUUID() }, key: 'one' },
        { payload: { id: randomUUID() }, key: 'two' },
      ])
    }),
  )
  await expect
    .poll(() => app.app.db.prisma.$queryRaw`SELECT 1 FROM graphile_worker._private_jobs`, { timeout: 10_000 })
    .toEqual([])
  const spans = await flush()
  const cause = one(spans, 'cause')
  const jobs = named(spans, 'job billing.settle')
  expect(jobs.filter(({ parentSpanId }) => parentSpanId === cause.spanId)).toHaveLength(2)
  const [later] = jobs.filter(({ traceId }) => traceId !== cause.traceId)
  expect(later?.parentSpanId).toBeFalsy()
  expect(later?.links).toMatchObject([{ traceId: cause.traceId, spanId: cause.spanId }])
})

test('a worker that makes no traces does not see what a job carries', async () => {
  const _cause = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', isPart: true }
  const seen: object[] = []
  await inJobSpan({ name: 'a job', id: '1', attempt: 1 }, { id: 'a', _cause }, async (payload) => {
    seen.push(payload)
  })
  expect(seen).toEqual([{ id: 'a' }])
})

test('what comes in with a traceparent is a part of it, kept as it says; what is none begins a trace', async () => {
  const { app, flush } = await traced()
  const ask = (traceparent: string) =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: '{"query":"query Named { __typename }"}',
    })
  await ask('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
  await ask('00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00')
  await ask('<script>')
  const spans = named(await flush(), 'POST /graphql')
  expect(spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
    ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
    [expect.stringMatching(/^[0-9a-f]{32}$/), undefined],
  ])
})

test('a share of the traces is kept whole', async () => {
  const { app, flush } = await traced({ sampler: 'parentbased_traceidratio', ratio: 0.5 })
  for (let n = 0; n < 40; n++) await app.query(null, 'query Named { __typename }')
  const spans = await flush()
  const roots = named(spans, 'POST /graphql').length
  expect(roots).toBeGreaterThan(5)
  expect(roots).toBeLessThan(35)
  expect(named(spans, 'query Named')).toHaveLength(roots)
})

/** Tells which of OpenTelemetry's packages a program loads, beside the API that does nothing. */
const telling = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      if (/^@opentelemetry\\/(?!api$)/.test(name)) console.log('loads ' + name)
      return next(name, context)
    },
  })`)}`

async function startTraced(env: Readonly<Record<string, string>>) {
  const database = await cloneDatabase()
  const made = await production({ dataDir: inject('dataDir'), bucket: inject('bucket') }, database)
  const program = startProgram(['--import', telling, 'src/main.ts', 'all'], { ...made.env, ...env })
  onTestFinished(async () => {
    await program[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })
  const [, port] = await program.says(/"port":(\d+)/)
  const ask = async () => (await fetch(`http://127.0.0.1:${port}/graphql?query={__typename}`)).status
  return { program, ask }
}

test('where nothing is configured, nothing of it is loaded', async () => {
  const { program, ask } = await startTraced({})
  expect(await ask()).toBe(200)
  expect(program.output()).not.toContain('loads @opentelemetry')
})

test('SIGTERM sends what waits; a collector that does not answer delays neither requests nor the end', async () => {
  await using collector = await startCollector()
  const release = collector.hold()
  const { program, ask } = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  expect(program.output()).toContain('loads @opentelemetry')
  const began = performance.now()
  for (let n = 0; n < 20; n++) expect(await ask()).toBe(200)
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(collector.requests).toEqual([])
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(collector.requests).toEqual(['POST /v1/traces'])
  release()
})
