import { randomUUID } from 'node:crypto'
import { print } from 'graphql'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { CompleteUploadDocument } from '../../../operations/typed-operations.ts'
import { defineJob, enqueue, enqueueMany } from '../../platform/jobs/define-job.ts'
import { inJobSpan } from '../../platform/jobs/job-cause.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { startTracing } from '../../platform/observability/start-tracing.ts'
import { inSpan } from '../../platform/observability/tracing.ts'
import { startTestApp } from '../../testing/app.ts'
import { clerkUser } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { type CollectedSpan, startCollector } from '../../testing/collector.ts'
import { cloneDatabase } from '../../testing/postgres.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { completed } from '../../testing/upload-steps.ts'
import { sha256 } from '../graphql/operation-manifest.ts'

const user = 'ada.lovelace@example.com'

/** Starts a server and a worker that send spans to a collector. `flush` stops tracing and returns all spans. */
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
  if (!span || more.length > 0) throw new Error(`Not exactly one ${name}: ${spans.map((each) => each.name).join(', ')}`)
  return span
}
const childrenOf = (spans: readonly CollectedSpan[], parent: CollectedSpan) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name)

test('an upload is one trace with the request, the operation, its SQL, and the job with its SQL', async () => {
  const { app, collector, flush } = await traced()
  const { activity, upload, request } = await completed(app, user)
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
  const hash = sha256(print(CompleteUploadDocument))
  expect(operation.attributes).toContainEqual({ key: 'pacer.operation_hash', value: { stringValue: hash } })
  // The viewer is read before the operation starts.
  expect(root && childrenOf(spans, root)).toContain('SELECT')

  expect(collector.headers).toMatchObject({ 'x-key': 'a secret' })
  const text = JSON.stringify(all)
  for (const secret of ['lovelace', 'run.fit', await app.token(user), activity?.id, upload.id, request?.url]) {
    expect(secret).toBeTruthy()
    expect(text).not.toContain(secret)
  }
})

test('a webhook and the job that processes it are one trace', async () => {
  const { app, flush } = await traced()
  const delivered = await deliver(app, { type: 'user.created', data: clerkUser(`user_${randomUUID()}`) })
  expect(delivered.status).toBe(200)
  await expect.poll(() => app.app.db.prisma.user.count(), { timeout: 10_000 }).toBe(1)
  const spans = await flush()
  const root = one(spans, 'POST /webhooks/clerk')
  expect(childrenOf(spans, root)).toContain('job inbox.process')
  expect(one(spans, 'job inbox.process').traceId).toBe(root.traceId)
})

test('a scheduled job has its own trace that links to its cause; immediate jobs are part of the trace', async () => {
  const { app, flush } = await traced()
  const settle = defineJob({ name: 'billing.settle', payload: z.object({ id: z.string() }) })
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

test('without tracing, handlers do not get the trace context in the payload', async () => {
  const _cause = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', isPart: true }
  const seen: object[] = []
  await inJobSpan({ name: 'a job', id: '1', attempt: 1 }, { id: 'a', _cause }, async (payload) => {
    seen.push(payload)
  })
  expect(seen).toEqual([{ id: 'a' }])
})

test('a request continues the trace of its traceparent and its sampling; an invalid one starts a new trace', async () => {
  const { app, flush } = await traced()
  const send = (traceparent: string) =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: '{"query":"query Named { __typename }"}',
    })
  await send('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
  await send('00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00')
  await send('<script>')
  const spans = named(await flush(), 'POST /graphql')
  expect(spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
    ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
    [expect.stringMatching(/^[0-9a-f]{32}$/), undefined],
  ])
})

test('a ratio samples complete traces', async () => {
  const { app, flush } = await traced({ sampler: 'parentbased_traceidratio', ratio: 0.5 })
  for (let n = 0; n < 40; n++) await app.query(null, 'query Named { __typename }')
  const spans = await flush()
  const roots = named(spans, 'POST /graphql').length
  expect(roots).toBeGreaterThan(5)
  expect(roots).toBeLessThan(35)
  expect(named(spans, 'query Named')).toHaveLength(roots)
})

/** Prints which packages of OpenTelemetry a program loads, except the API, which does nothing. */
const printsLoads = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      if (/^@opentelemetry\\/(?!api$)/.test(name)) console.log('loads ' + name)
      return next(name, context)
    },
  })`)}`

async function startTraced(env: Readonly<Record<string, string>>) {
  const database = await cloneDatabase()
  const deployment = await production({ dataDir: inject('dataDir'), bucket: inject('bucket') }, database)
  const program = startProgram(['--import', printsLoads, 'src/main.ts', 'all'], { ...deployment.env, ...env })
  onTestFinished(async () => {
    await program[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })
  const [, port] = await program.waitForOutput(/"port":(\d+)/)
  const query = async () => (await fetch(`http://127.0.0.1:${port}/graphql?query={__typename}`)).status
  return { program, query }
}

test('does not load OpenTelemetry if tracing is not configured', async () => {
  const { program, query } = await startTraced({})
  expect(await query()).toBe(200)
  expect(program.output()).not.toContain('loads @opentelemetry')
})

test('SIGTERM sends pending spans; a collector that does not answer delays neither requests nor the shutdown', async () => {
  await using collector = await startCollector()
  const release = collector.pause()
  const { program, query } = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  expect(program.output()).toContain('loads @opentelemetry')
  const startedAt = performance.now()
  for (let n = 0; n < 20; n++) expect(await query()).toBe(200)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  expect(collector.requests).toEqual([])
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(collector.requests).toEqual(['POST /v1/traces'])
  release()
})
