import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { developmentKeys } from '../dev/embedded/keys.ts'
import { writeStackFile } from '../dev/embedded/stack-file.ts'
import { developmentClerkId } from '../dev/identity.ts'
import { billing } from '../domains/billing/index.ts'
import { bodyPlace } from '../platform/inbox/inbox.ts'
import { startTestApp, type TestApp, testKeys, testWebhookSecret } from '../testing/app.ts'
import { clerkAddresses, clerkUser } from '../testing/clerk.ts'
import { deliver } from '../testing/clerk-webhooks.ts'
import { keepOpen, runCommand } from '../testing/run-command.ts'
import { parseSince } from './terminal/since.ts'
import { addWebhooks } from './webhooks.ts'

let app: TestApp
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-webhooks-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await app[Symbol.asyncDispose]()
})

/** Runs the command over the test's app, or over the app that the environment configures. */
async function run(args: readonly string[], { isConfigured = false } = {}) {
  const open = isConfigured ? undefined : keepOpen(app.app)
  const result = await runCommand((program) => addWebhooks(program, open), ['webhooks', ...args])
  if (result.failure !== null) throw new Error(result.failure)
  return result
}

const events = () => app.app.db.prisma.inboxEvent.findMany({ orderBy: { eventId: 'asc' } })
const states = async () => (await events()).map(({ state }) => state)

/** Delivers events of three Clerk users, a minute apart. The first event is processed, the others are pending. */
async function threeEvents(): Promise<void> {
  for (const at of [1, 2, 3]) {
    const data = clerkUser(`user_${at}`, clerkAddresses([`person${at}@example.com`]))
    await deliver(app, { type: at === 3 ? 'user.updated' : 'user.created', id: `msg_${at}`, data })
    if (at === 1) await app.runDueJobs()
    app.now = new Date(app.now.getTime() + 60_000)
  }
}

describe('webhooks list', () => {
  test('prints the newest events first, without their bodies', async () => {
    await threeEvents()
    const [first, , third] = await events()
    const { output } = await run(['list'])
    expect(output.indexOf(third?.id ?? '?')).toBeLessThan(output.indexOf(first?.id ?? '?'))
    expect(output).toMatch(/clerk +│ user\.created +│ PROCESSED +│ 1 +│ 2/)
    expect(output).toMatch(
      new RegExp(`user\\.updated +│ PENDING +│ 0 +│ \\S+ +│ ${third?.nextAttemptAt?.toISOString()}`),
    )
    expect(output).not.toContain('@')
  })

  test('applies filters and a limit, says if there are more events, and prints JSON', async () => {
    await threeEvents()
    const list = async (...args: string[]) => JSON.parse((await run(['list', '--json', ...args])).output)
    expect(await list('--state', 'pending', '--type', 'user.created')).toEqual([
      expect.objectContaining({ eventId: 'msg_2', state: 'PENDING', hasBody: true, source: 'clerk' }),
    ])
    expect(await list('--since', '90s')).toMatchObject([{ eventId: 'msg_3' }])
    expect(await list('--source', 'another')).toEqual([])
    const limited = await run(['list', '--limit', '2'])
    expect(limited.errors).toContain('Only the newest 2 events are shown.')
    expect((await run(['list', '--limit', '3'])).errors).toBe('')
  })

  test('truncates errors and removes control characters', async () => {
    await threeEvents()
    const lastError = `first\u001b[31m line\nsecond ${'x'.repeat(500)}`
    await app.app.db.prisma.inboxEvent.updateMany({
      where: { eventId: 'msg_1' },
      data: { lastError, type: 'user.\u001b[2Jcreated' },
    })
    const { output } = await run(['list'])
    expect(output).toContain('first [31m line second xx')
    expect(output).toContain('x…')
    expect(output).not.toContain('\u001b')
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThan(220)
  })

  test.each([
    [['--state', 'unknown'], 'PENDING, PROCESSED, DEAD'],
    [['--limit', '0'], 'from 1 to 1000'],
    [['--limit', '1001'], 'from 1 to 1000'],
    [['--limit', 'all'], 'from 1 to 1000'],
    [['--since', 'yesterday'], 'not valid for --since'],
  ])('refuses %j', async (args, message) => {
    await expect(run(['list', ...args])).rejects.toThrow(message)
  })
})

test('webhooks show prints one event, and its body only with --body', async () => {
  await threeEvents()
  const [first] = await events()
  const shown = await run(['show', 'msg_1'])
  expect(shown.output).toContain(first?.id)
  expect(shown.output).toMatch(/contentType +│ application\/json/)
  expect(shown.output).not.toContain('person1@example.com')
  const withBody = await run(['show', first?.id ?? '', '--body'])
  expect(withBody.output).toContain('      "email_address": "person1@example.com"')

  await app.app.db.prisma.inboxEvent.updateMany({ where: { eventId: 'msg_1' }, data: { body: null } })
  expect((await run(['show', 'msg_1', '--body'])).output).toContain('The body was erased with the user')
  await expect(run(['show', 'msg_9'])).rejects.toThrow('There is no event msg_9.')
})

test('webhooks show escapes control characters in bodies', async () => {
  await deliver(app, { id: 'msg_1', body: '{"type":"a\\u001b[2J","data":"\u009b2J\u007f"}' })
  const { output } = await run(['show', 'msg_1', '--body'])
  expect(output).toContain('"type": "a\\u001b[2J"')
  expect(output).toContain('"data": "\\u009b2J\\u007f"')
})

describe('webhooks replay', () => {
  test('replays one, some or all events and prints how many', async () => {
    await threeEvents()
    await app.runDueJobs()
    const [first, second] = await events()
    expect((await run(['replay', first?.id ?? '', 'msg_2'])).output).toMatch(/replayed +│ 2/)
    expect(await states()).toEqual(['PENDING', 'PENDING', 'PROCESSED'])
    await app.runDueJobs()
    const again = await run(['replay', '--type', 'user.updated'])
    expect(again.output).toMatch(/replayed +│ 1/)
    expect(again.errors).toMatch(/100% \| 1 of 1 events/)
    expect(await states()).toEqual(['PROCESSED', 'PROCESSED', 'PENDING'])
    await app.app.db.prisma.inboxEvent.updateMany({ where: { id: second?.id ?? '' }, data: { body: null } })
    expect((await run(['replay', '--all'])).output).toMatch(/replayed +│ 2.*not replayed: .*erased .*│ 1/s)
    await app.runDueJobs()
    expect(await states()).toEqual(['PROCESSED', 'PROCESSED', 'PROCESSED'])
    expect(await app.app.db.prisma.user.count()).toBe(3)
  })

  test('with --dry-run prints the number of events and changes nothing', async () => {
    await threeEvents()
    await app.runDueJobs()
    const before = await events()
    const dry = await run(['replay', '--source', 'clerk', '--dry-run'])
    expect(dry.output).toMatch(/replayed +│ 3/)
    expect(dry.errors).toContain('Dry run: nothing was written.')
    expect(await events()).toEqual(before)
  })

  test.each([
    [[], 'No events are selected.'],
    [['--dry-run'], 'No events are selected.'],
    [['msg_1', '--state', 'DEAD'], 'not both'],
    [['msg_1', '--all'], 'not both'],
    [['--all', '--type', 'a'], '--all selects every event'],
    [['msg_1', 'msg_8', 'msg_9'], 'There is no event msg_8, msg_9.'],
  ])('refuses %j and changes nothing', async (args, message) => {
    await threeEvents()
    const before = await states()
    await expect(run(['replay', ...args])).rejects.toThrow(message)
    expect(await states()).toEqual(before)
  })

  test('Ctrl-C stops after the current batch', async () => {
    await app.app.db.prisma.$executeRaw`
      INSERT INTO inbox_events (id, source, event_id, type, body, sent_at, received_at, state, processed_at)
      SELECT gen_random_uuid(), 'clerk', 'msg_' || n, 'a', '\\x00', now(), now(), 'PROCESSED', now()
      FROM generate_series(1, 600) AS n`
    app.app.db.prisma.$on('query', ({ query }) => {
      if (query.includes('add_jobs')) process.emit('SIGINT')
    })
    const stopped = await run(['replay', '--all'])
    expect(stopped).toMatchObject({ exitCode: 130, output: expect.stringMatching(/replayed +│ 500/) })
    expect(await app.app.db.prisma.inboxEvent.count({ where: { state: 'PENDING' } })).toBe(500)
  })
})

describe('webhooks send', () => {
  /** A development server of this data folder, which verifies with the folder's webhook secret. */
  async function startServer(): Promise<TestApp> {
    const { webhookSecret } = await developmentKeys(folder)
    const config = { clerkWebhookSecrets: [webhookSecret] }
    vi.stubEnv('DATA_DIR', folder)
    return startTestApp({ databaseUrl: app.databaseUrl, config })
  }

  test('sends events about the user whom a token with the same e-mail address signs in', async () => {
    await using server = await startServer()
    const { databaseUrl } = server
    await writeStackFile({ pid: 1, api: server.url, databaseUrl, bucketEndpoint: '', dataDir: folder })
    const email = 'Mina.Kim@example.com'
    const created = await run(['send', 'clerk', 'user.created', '--email', email])
    expect(created.output).toMatch(/HTTP status +│ 200/)
    expect(created.output).toContain(`webhooks show msg_`)
    await app.runDueJobs()
    const me = async () => (await app.query(email, '{ me { name email } }')).data
    expect(await app.app.db.prisma.user.count()).toBe(1)
    expect(await me()).toEqual({ me: { name: 'Mina Kim', email: 'mina.kim@example.com' } })
    expect(await app.app.db.prisma.user.count()).toBe(1)

    await run(['send', 'clerk', 'user.updated', '--email', email])
    await app.runDueJobs()
    expect(await me()).toEqual({ me: { name: 'Mina Updated', email: 'mina.kim@example.com' } })
    await run(['send', 'clerk', 'session.created', '--email', email])
    await run(['send', 'clerk', 'user.created', '--id', 'user_another'])
    await run(['send', 'clerk', 'user.deleted', '--email', email])
    const kept = (await events()).map(({ type, subject }) => `${type} ${subject?.slice(0, 9)}`)
    expect(kept.sort()).toEqual([
      'session.created user_dev_',
      'user.created user_anot',
      'user.created user_dev_',
      'user.deleted user_dev_',
      'user.updated user_dev_',
    ])
    await app.runJob('inbox.process', { id: (await events()).find(({ type }) => type === 'user.deleted')?.id })
    expect((await app.query(email, '{ me { name } }')).status).toBe(401)
  })

  test('reports a missing server, a wrong secret, an unknown provider and production', async () => {
    vi.stubEnv('DATA_DIR', join(folder, 'nothing'))
    await expect(run(['send', 'clerk', 'user.created'])).rejects.toThrow('No server is running on')
    await expect(run(['send', 'stripe', 'a'])).rejects.toThrow(
      'Unknown provider "stripe". Use one of: clerk, revenuecat.',
    )
    const unreachable = ['send', 'clerk', 'user.created', '--url', 'http://127.0.0.1:1']
    await expect(run(unreachable)).rejects.toThrow('No server answers at http://127.0.0.1:1/webhooks/clerk')
    await expect(run(['send', 'clerk', 'a', '--url', app.url])).rejects.toThrow('The webhook request is not valid.')
    vi.stubEnv('NODE_ENV', 'production')
    await expect(run(['send', 'clerk', 'a'])).rejects.toThrow('does not run with NODE_ENV=production')
  })

  describe('for RevenueCat', () => {
    /** Starts a server that accepts these credentials and that `send` finds by its stack file. */
    async function startServerFor(credentials: { webhookAuthorizations: string[]; webhookSecrets: string[] }) {
      vi.stubEnv('DATA_DIR', folder)
      const revenueCat = { ...app.app.config.revenueCat, ...credentials }
      const server = await startTestApp({ databaseUrl: app.databaseUrl, config: { revenueCat } })
      const { url: api, databaseUrl } = server
      await writeStackFile({ pid: 1, api, databaseUrl, bucketEndpoint: '', dataDir: folder })
      return server
    }
    const sent = async () =>
      (await events()).map(
        ({ body }) => JSON.parse(app.app.encryptor.decrypt(body ?? Buffer.of(), bodyPlace).toString()).event,
      )

    test('sends purchases of the user whom a token signs in, signed with the local secret', async () => {
      const { purchaseWebhookSecret } = await developmentKeys(folder)
      await using _server = await startServerFor({ webhookAuthorizations: [], webhookSecrets: [purchaseWebhookSecret] })
      const mina = ['--email', 'Mina.Kim@example.com']
      const bought = await run(['send', 'revenuecat', 'INITIAL_PURCHASE', ...mina])
      expect(bought.output).toMatch(/HTTP status +│ 200/)
      expect(bought.output).toContain('query { me { plan { tier } } } with it')
      await run(['send', 'revenuecat', 'RENEWAL', ...mina])
      await run([
        'send',
        'revenuecat',
        'CANCELLATION',
        ...mina,
        '--reason',
        'CUSTOMER_SUPPORT',
        '--transaction',
        'tx_1',
      ])
      await run(['send', 'revenuecat', 'EXPIRATION', ...mina, '--product', 'unheard_of', '--reason', 'BILLING_ERROR'])
      await run(['send', 'revenuecat', 'TRANSFER', ...mina, '--to', 'bob@example.com'])
      await run(['send', 'revenuecat', 'NON_RENEWING_PURCHASE', '--id', 'another'])

      const byType = new Map((await sent()).map((event) => [event.type, event]))
      const [first, renewal] = [byType.get('INITIAL_PURCHASE'), byType.get('RENEWAL')]
      const { products } = app.app.services(billing).plans
      expect(products.find(({ key }) => key === 'plus-monthly')?.storeProducts).toContain(first.product_id)
      expect(first).toMatchObject({ app_user_id: developmentClerkId('mina.kim@example.com') })
      expect(renewal.original_transaction_id).toBe(first.original_transaction_id)
      expect(renewal.transaction_id).not.toBe(first.transaction_id)
      expect(byType.get('CANCELLATION')).toMatchObject({ transaction_id: 'tx_1', cancel_reason: 'CUSTOMER_SUPPORT' })
      expect(byType.get('EXPIRATION')).toMatchObject({
        product_id: 'unheard_of',
        entitlement_ids: null,
        expiration_reason: 'BILLING_ERROR',
      })
      expect(byType.get('TRANSFER')).toMatchObject({
        transferred_from: [developmentClerkId('mina.kim@example.com')],
        transferred_to: [developmentClerkId('bob@example.com')],
      })
      const pack = byType.get('NON_RENEWING_PURCHASE')
      expect(pack).toMatchObject({ app_user_id: 'another', expiration_at_ms: null })
      expect(pack.original_transaction_id).toBe(pack.transaction_id)

      const listed = await run(['list', '--source', 'revenuecat', '--type', 'RENEWAL'])
      expect(listed.output).toMatch(/revenuecat +│ RENEWAL +│ PENDING/)
      expect((await run(['show', renewal.id, '--body'])).output).toContain(renewal.transaction_id)
      expect((await run(['replay', '--source', 'revenuecat', '--dry-run'])).output).toMatch(/replayed +│ 6/)
    })

    test('authenticates with the configured authorization value and signing secret', async () => {
      const [authorization, secret] = ['Bearer of a configured value', 'a configured signing secret']
      await using _both = await startServerFor({ webhookAuthorizations: [authorization], webhookSecrets: [secret] })
      await expect(run(['send', 'revenuecat', 'TEST'])).rejects.toThrow(
        'The webhook request could not be authenticated.',
      )
      vi.stubEnv('REVENUECAT_WEBHOOK_AUTHORIZATION', authorization)
      await expect(run(['send', 'revenuecat', 'TEST'])).rejects.toThrow(
        'The webhook request could not be authenticated.',
      )
      vi.stubEnv('REVENUECAT_WEBHOOK_SECRET', `${secret}, an older signing secret`)
      expect((await run(['send', 'revenuecat', 'TEST'])).output).toMatch(/HTTP status +│ 200/)
    })
  })

  test('signs with the configured secret if Clerk is configured', async () => {
    stubEnvironment()
    const sent = await run(['send', 'clerk', 'user.created', '--url', app.url])
    expect(sent.output).toMatch(/HTTP status +│ 200/)
    vi.stubEnv('CLERK_WEBHOOK_SECRET', '')
    await expect(run(['send', 'clerk', 'a', '--url', app.url])).rejects.toThrow('CLERK_WEBHOOK_SECRET is not set')
  })
})

test('a command opens and closes the app that the environment configures', async () => {
  await threeEvents()
  stubEnvironment()
  const { output } = await run(['show', 'msg_2', '--body'], { isConfigured: true })
  expect(output).toContain('person2@example.com')
})

test.each([
  ['2h', '2026-11-21T08:00:00.000Z'],
  ['7d', '2026-11-14T10:00:00.000Z'],
  ['90 m', '2026-11-21T08:30:00.000Z'],
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2026-11-21T09:30:00Z', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21T09:30:00.5+09:00', '2026-11-21T00:30:00.500Z'],
])('reads --since %s as %s', (text, instant) => {
  expect(parseSince(text, new Date('2026-11-21T10:00:00Z')).toISOString()).toBe(instant)
})

test.each(['', '2', '-2h', '2x', 'h', '2026', '2026-13-01', '2026-11-21T09:30:00', 'Infinityh', '1e9d'])(
  'refuses --since "%s"',
  (text) => {
    expect(() => parseSince(text, new Date())).toThrow('not valid for --since')
  },
)

/** Sets the environment variables of the app's configuration. */
function stubEnvironment(): void {
  const { clerk, bucket, database } = app.app.config
  const values = {
    DATABASE_URL: database.url,
    CLERK_JWT_KEY: clerk.jwtKey,
    CLERK_ISSUER: clerk.issuer,
    CLERK_WEBHOOK_SECRET: testWebhookSecret,
    R2_ENDPOINT: bucket.endpoint,
    R2_BUCKET_NAME: bucket.name,
    R2_ACCESS_KEY_ID: bucket.accessKeyId,
    R2_SECRET_ACCESS_KEY: bucket.secretAccessKey,
    EMAIL_ENC_KEY: testKeys.encryptionKeys.join(),
    EMAIL_INDEX_KEY: testKeys.indexKey,
  }
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value)
}
