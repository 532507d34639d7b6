import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, isComplete, readSettings, type Settings } from './config.ts'
import type { Environment } from './env.ts'
import { defaultLimits } from './limits.ts'
import { isProduction } from './parse-values.ts'
import { allSettings, type SettingName } from './settings.ts'

const pem = '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----'
const publishableKey = (host: string) => `pk_test_${Buffer.from(`${host}$`).toString('base64')}`

const clerk = {
  CLERK_JWT_KEY: pem,
  CLERK_ISSUER: 'https://clerk.example.com',
  CLERK_AUTHORIZED_PARTIES: 'https://app.example.com',
} satisfies Environment
const r2 = {
  R2_ACCOUNT_ID: 'account',
  R2_ACCESS_KEY_ID: 'access',
  R2_SECRET_ACCESS_KEY: 'r2-secret',
  R2_BUCKET_NAME: 'uploads',
} satisfies Environment
const key = Buffer.alloc(32, 1).toString('base64url')
const privacy = { EMAIL_ENC_KEY: key, EMAIL_INDEX_KEY: Buffer.alloc(32, 2).toString('base64url') } satisfies Environment
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://pacer:db-secret@pool.example.com/pacer',
  ...without(clerk, 'CLERK_JWT_KEY'),
  CLERK_SECRET_KEY: 'sk_live_a',
  CLERK_WEBHOOK_SECRET: 'whsec_bm90IG11Y2ggb2YgYSBzZWNyZXQ=',
  ...r2,
  ...privacy,
  CORS_ORIGINS: 'https://app.example.com, https://www.example.com',
  ALLOWED_HOSTS: 'api.example.com',
} satisfies Environment

function problemsOf(environment: Environment): readonly string[] {
  try {
    readSettings(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function without(environment: Environment, ...names: readonly SettingName[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name as SettingName)))
}

describe('with nothing configured', () => {
  test('every setting has a default, and the four parts are left for development to embed', () => {
    const settings = readSettings({})
    expect(settings).toEqual({
      mode: 'development',
      allowsSandbox: true,
      host: '127.0.0.1',
      port: 4_000,
      metricsPort: 9_464,
      metricsPortIsDefault: true,
      webConcurrency: 1,
      logLevel: 'info',
      dataDir: resolve('.data'),
      publicUrl: 'http://127.0.0.1:4000',
      poolSize: 5,
      autoMigrate: true,
      adminClerkIds: [],
      corsOrigins: ['http://localhost:3000'],
      allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
      trustedProxies: [],
      persistedOnly: false,
      persistedManifests: [],
      limits: defaultLimits,
      clientNames: [],
      clerkWebhookSecrets: [],
      revenueCat: {
        apiUrl: 'https://api.revenuecat.com',
        apiKey: undefined,
        v2: undefined,
        webhookAuthorizations: [],
        webhookSecrets: [],
        webPurchaseLink: undefined,
        sandboxUsers: [],
      },
      videos: {
        groq: { apiKey: undefined, apiUrl: 'https://api.groq.com/openai/v1' },
        google: { apiKey: undefined, apiUrl: 'https://generativelanguage.googleapis.com/v1beta' },
        pexels: { apiKey: undefined, apiUrl: 'https://api.pexels.com' },
        ffmpegPath: undefined,
        searchPath: process.env.PATH,
      },
      notifications: { vapid: undefined, allowsLoopback: false },
      inboxRetentionDays: 30,
      signUpCredits: 100,
      jobConcurrency: { default: 4, files: 1, render: 1, send: 32, replies: 32 },
      database: undefined,
      privacy: {},
      clerk: undefined,
      bucket: undefined,
    })
    expect(isComplete(settings)).toBe(false)
  })

  test('the metrics port can be turned off', () => {
    expect(readSettings({ METRICS_PORT: 'off' }).metricsPort).toBeNull()
    expect(problemsOf({ METRICS_PORT: 'of' })).toEqual(['METRICS_PORT: must be a port or off.'])
  })

  test('the vendors of videos are optional, each with its key and URL', () => {
    const environment = {
      GROQ_API_KEY: 'gsk_1',
      GROQ_API_URL: 'http://127.0.0.1:1/openai/v1/',
      GOOGLE_API_KEY: '',
      PEXELS_API_KEY: 'pexels_1',
      FFMPEG_PATH: '/usr/bin/ffmpeg',
    }
    expect(readSettings(environment).videos).toMatchObject({
      groq: { apiKey: 'gsk_1', apiUrl: 'http://127.0.0.1:1/openai/v1' },
      google: { apiKey: undefined },
      pexels: { apiKey: 'pexels_1', apiUrl: 'https://api.pexels.com' },
      ffmpegPath: '/usr/bin/ffmpeg',
      searchPath: process.env.PATH,
    })
    expect(readSettings({ NODE_ENV: 'development', GROQ_API_KEY: '' }).videos.groq.apiKey).toBeUndefined()
    expect(problemsOf({ GROQ_API_KEY: 'gsk_\n1' })).toEqual(['GROQ_API_KEY: must be one line of ASCII characters.'])
  })

  test('the limits of alerts are in bytes and optional', () => {
    const limits = readSettings({ DATABASE_BYTES_LIMIT: '536870912', STORAGE_BYTES_LIMIT: '10e12' })
    expect(limits).toMatchObject({ databaseBytesLimit: 536_870_912, storageBytesLimit: 10_000_000_000_000 })
    expect(readSettings({})).toMatchObject({ databaseBytesLimit: undefined, storageBytesLimit: undefined })
  })

  test('the public URL is derived from host and port', () => {
    expect(readSettings({ PORT: '5000' }).publicUrl).toBe('http://127.0.0.1:5000')
    expect(readSettings({ HOST: '0.0.0.0' }).publicUrl).toBe('http://localhost:4000')
    expect(readSettings({ PUBLIC_URL: 'https://api.example.com/' }).publicUrl).toBe('https://api.example.com')
  })
})

describe('each part is configured on its own', () => {
  test('a database alone', () => {
    const { database, clerk, bucket } = readSettings({ DATABASE_URL: 'postgres://127.0.0.1/pacer' })
    expect(database).toEqual({ url: 'postgres://127.0.0.1/pacer', directUrl: 'postgres://127.0.0.1/pacer' })
    expect([clerk, bucket]).toEqual([undefined, undefined])
  })

  test('a database with a direct URL', () => {
    const { database } = readSettings({
      DATABASE_URL: 'postgresql://pool/pacer',
      DIRECT_URL: 'postgres://direct/pacer',
    })
    expect(database).toEqual({ url: 'postgresql://pool/pacer', directUrl: 'postgres://direct/pacer' })
  })

  test('Clerk alone, with a secret key and the issuer in the publishable key', () => {
    const settings = readSettings({
      CLERK_SECRET_KEY: 'sk_test_a',
      CLERK_PUBLISHABLE_KEY: publishableKey('happy-cat-1.clerk.accounts.dev'),
    })
    expect(settings.clerk).toEqual({
      jwtKey: undefined,
      secretKey: 'sk_test_a',
      issuer: 'https://happy-cat-1.clerk.accounts.dev',
      authorizedParties: ['http://localhost:3000'],
      requireAuthorizedParty: true,
      requireSession: true,
      impersonation: 'read',
      apiUrl: 'https://api.clerk.com',
    })
    expect([settings.database, settings.bucket]).toEqual([undefined, undefined])
  })

  test('Clerk alone, with a PEM key in one line, as dashboards of hosts store it', () => {
    const settings = readSettings({
      ...clerk,
      CLERK_JWT_KEY: pem.replaceAll('\n', '\\n'),
      CLERK_ISSUER: 'https://clerk.example.com/',
      CLERK_AUTHORIZED_PARTIES: ' https://a.example , ,https://b.example',
      CLERK_REQUIRE_AZP: 'false',
      CLERK_REQUIRE_SID: 'false',
      CLERK_IMPERSONATION: 'Write',
      CLERK_API_URL: 'http://127.0.0.1:1/',
      CLERK_WEBHOOK_SECRET: 'whsec_bmV3IHNlY3JldCBvZiBDbGVyaw==, whsec_b2xkIHNlY3JldCBvZiBDbGVyaw==',
    })
    expect(settings.clerk).toEqual({
      jwtKey: pem,
      secretKey: undefined,
      issuer: 'https://clerk.example.com',
      authorizedParties: ['https://a.example', 'https://b.example'],
      requireAuthorizedParty: false,
      requireSession: false,
      impersonation: 'write',
      apiUrl: 'http://127.0.0.1:1',
    })
    expect(settings.clerkWebhookSecrets).toEqual([
      'whsec_bmV3IHNlY3JldCBvZiBDbGVyaw==',
      'whsec_b2xkIHNlY3JldCBvZiBDbGVyaw==',
    ])
  })

  test('a configured issuer overrides the one in the publishable key', () => {
    const settings = readSettings({ ...clerk, CLERK_PUBLISHABLE_KEY: publishableKey('other.example.com') })
    expect(settings.clerk?.issuer).toBe('https://clerk.example.com')
  })

  test('each encryption key alone, with an older one after it', () => {
    const { EMAIL_ENC_KEY, EMAIL_INDEX_KEY } = privacy
    const older = Buffer.alloc(32, 3).toString('base64url')
    const rotating = readSettings({ EMAIL_ENC_KEY: `${EMAIL_ENC_KEY}, ${older}` })
    expect(rotating.privacy).toEqual({ encryptionKeys: [EMAIL_ENC_KEY, older] })
    expect(readSettings({ EMAIL_INDEX_KEY }).privacy).toEqual({ indexKey: EMAIL_INDEX_KEY })
  })

  test('RevenueCat alone, with two values during a rotation, and the link as the dashboard shows it', () => {
    const { revenueCat } = readSettings({
      REVENUECAT_API_KEY: 'sk_one',
      REVENUECAT_API_KEY_V2: 'sk_two',
      REVENUECAT_PROJECT_ID: 'proj1ab2c3d4',
      REVENUECAT_API_URL: 'http://127.0.0.1:1/',
      REVENUECAT_WEBHOOK_AUTHORIZATION: 'Bearer the newest value, Bearer the older value',
      REVENUECAT_WEBHOOK_SECRET: 'a signing secret of RevenueCat',
      REVENUECAT_WEB_PURCHASE_LINK: 'https://pay.rev.cat/abcDEF123/',
      REVENUECAT_SANDBOX_USERS: 'user_tester,  other',
    })
    expect(revenueCat).toEqual({
      apiUrl: 'http://127.0.0.1:1',
      apiKey: 'sk_one',
      v2: { apiKey: 'sk_two', projectId: 'proj1ab2c3d4' },
      webhookAuthorizations: ['Bearer the newest value', 'Bearer the older value'],
      webhookSecrets: ['a signing secret of RevenueCat'],
      webPurchaseLink: 'abcDEF123',
      sandboxUsers: ['user_tester', 'other'],
    })
    const byToken = { REVENUECAT_API_KEY: 'sk_one', REVENUECAT_WEB_PURCHASE_LINK: 'abcDEF123' }
    expect(readSettings(byToken).revenueCat.webPurchaseLink).toBe('abcDEF123')
  })

  test('R2 alone, by account or by endpoint', () => {
    const bucket = { name: 'uploads', accessKeyId: 'access', secretAccessKey: 'r2-secret' }
    expect(readSettings(r2).bucket).toEqual({ ...bucket, endpoint: 'https://account.r2.cloudflarestorage.com' })
    const byEndpoint = { ...without(r2, 'R2_ACCOUNT_ID'), R2_ENDPOINT: 'http://127.0.0.1:9000/' }
    expect(readSettings(byEndpoint).bucket).toEqual({ ...bucket, endpoint: 'http://127.0.0.1:9000' })
  })
})

describe('a part of which development sets some variables must be complete', () => {
  test.each(Object.keys(r2) as (keyof typeof r2)[])('R2 without %s', (name) => {
    expect(problemsOf(without(r2, name))).toEqual([expect.stringContaining(`${name} is missing`)])
  })

  test('R2 with one variable names the three others', () => {
    expect(problemsOf({ R2_BUCKET_NAME: 'uploads' })).toHaveLength(3)
  })

  test.each<[string, Environment]>([
    ['a key to verify with', { CLERK_JWT_KEY: pem }],
    ['a secret key', { CLERK_SECRET_KEY: 'sk_test_a' }],
    [
      'a secret key and an invalid publishable key',
      { CLERK_SECRET_KEY: 'sk_test_a', CLERK_PUBLISHABLE_KEY: 'pk_test_!' },
    ],
  ])('Clerk with %s but no issuer', (_about, environment) => {
    expect(problemsOf(environment)).toEqual([expect.stringContaining('CLERK_ISSUER is missing')])
  })

  test.each<[string, Environment]>([
    ['an issuer', { CLERK_ISSUER: 'https://clerk.example.com' }],
    ['a publishable key', { CLERK_PUBLISHABLE_KEY: publishableKey('clerk.example.com') }],
  ])('Clerk with %s but no key to verify with: no local key replaces it', (_about, environment) => {
    expect(problemsOf(environment)).toEqual([expect.stringContaining('CLERK_JWT_KEY or CLERK_SECRET_KEY is missing')])
  })

  test.each<[Environment, string]>([
    [{ REVENUECAT_API_KEY_V2: 'sk_two' }, 'REVENUECAT_PROJECT_ID is missing while REVENUECAT_API_KEY_V2 is set.'],
    [{ REVENUECAT_PROJECT_ID: 'proj1' }, 'REVENUECAT_API_KEY_V2 is missing while REVENUECAT_PROJECT_ID is set.'],
    [{ REVENUECAT_WEB_PURCHASE_LINK: 'a' }, 'REVENUECAT_API_KEY is missing while REVENUECAT_WEB_PURCHASE_LINK is set.'],
  ])('RevenueCat with %j alone, in production too', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem])
    expect(problemsOf({ ...production, ...environment })).toEqual([problem])
  })

  test('DIRECT_URL without DATABASE_URL', () => {
    expect(problemsOf({ DIRECT_URL: 'postgres://direct/pacer' })).toEqual([
      'DATABASE_URL is missing while DIRECT_URL is set.',
    ])
  })
})

describe('production', () => {
  test('starts with a complete environment and embeds nothing', () => {
    const settings = readSettings(production)
    expect(isComplete(settings)).toBe(true)
    expect(settings).toMatchObject({
      mode: 'production',
      corsOrigins: ['https://app.example.com', 'https://www.example.com'],
      // localhost is not added.
      allowedHosts: ['api.example.com'],
    })
  })

  test('allows the configured hosts, in the form in which requests name them', () => {
    const ALLOWED_HOSTS = 'API.example.com, my-api_2, 192.0.2.7, [::1], [0:0::2]'
    const { allowedHosts } = readSettings({ ...production, ALLOWED_HOSTS })
    expect(allowedHosts).toEqual(['api.example.com', 'my-api_2', '192.0.2.7', '[::1]', '[::2]'])
  })

  test("needs no issuer where the publishable key contains it, and no PEM: the instance's keys are fetched", () => {
    const environment = {
      ...without(production, 'CLERK_ISSUER'),
      CLERK_PUBLISHABLE_KEY: publishableKey('clerk.example.com').replace('test', 'live'),
    }
    expect(readSettings(environment).clerk).toMatchObject({
      issuer: 'https://clerk.example.com',
      secretKey: 'sk_live_a',
    })
  })

  test('names every missing and every invalid variable at once', () => {
    const problems = problemsOf({ NODE_ENV: 'production', PORT: 'http' })
    const required = allSettings.filter(({ requiredInProduction }) => requiredInProduction)
    expect(required.length).toBeGreaterThan(7)
    for (const { name } of required) expect(problems.filter((problem) => problem.startsWith(name))).toHaveLength(1)
    expect(problems).toContainEqual(expect.stringMatching(/^PORT: /))
    expect(problems).toHaveLength(required.length + 1)
  })

  test.each(Object.keys(without(production, 'NODE_ENV')) as SettingName[])('does not start without %s', (name) => {
    const [problem, ...others] = problemsOf(without(production, name))
    expect(problem).toContain(name)
    expect(others).toEqual([])
  })

  test('has a message with one line per problem', () => {
    const error = new ConfigError(['A is missing.', 'B: too big.'])
    expect(error.message).toBe('The environment is not valid:\n  - A is missing.\n  - B: too big.')
  })
})

describe('an invalid value is refused, with the name of its variable', () => {
  test.each<[SettingName, string]>([
    ['NODE_ENV', 'staging'],
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '4000.5'],
    ['METRICS_PORT', '1e9'],
    ['DB_POOL_SIZE', '0'],
    ['DATABASE_BYTES_LIMIT', '0'],
    ['STORAGE_BYTES_LIMIT', '10 GB'],
    ['DB_POOL_SIZE', '501'],
    ['LOG_LEVEL', 'loud'],
    ['AUTO_MIGRATE', 'maybe'],
    ['CLERK_REQUIRE_AZP', 'enabled'],
    ['PUBLIC_URL', 'api.example.com'],
    ['PUBLIC_URL', 'ftp://api.example.com'],
    ['DATABASE_URL', 'mysql://127.0.0.1/pacer'],
    ['CLERK_API_URL', 'clerk'],
    ['CLERK_JWT_KEY', 'MIIBIjANBgkq'],
    ['CLERK_SECRET_KEY', 'pk_test_a'],
    ['CLERK_SECRET_KEY', 'sk_test_a\nb'],
    ['CLERK_PUBLISHABLE_KEY', 'sk_test_a'],
    ['CLERK_WEBHOOK_SECRET', 'bm90IG11Y2ggb2YgYSBzZWNyZXQ='],
    ['CLERK_WEBHOOK_SECRET', 'whsec_bm90IG11Y2ggb2YgYSBzZWNyZXQ=,whsec_short'],
    ['REVENUECAT_API_KEY', 'sk_one\ntwo'],
    ['REVENUECAT_API_KEY_V2', 'sk_…'],
    ['REVENUECAT_API_URL', 'revenuecat'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=one%0Atwo'],
    ['REVENUECAT_PROJECT_ID', 'a project/..'],
    ['REVENUECAT_WEBHOOK_AUTHORIZATION', 'Bearer short'],
    ['REVENUECAT_WEBHOOK_SECRET', 'a signing secret of RevenueCat,short'],
    ['REVENUECAT_WEB_PURCHASE_LINK', 'https://pay.example.com/abc'],
    ['REVENUECAT_WEB_PURCHASE_LINK', 'https://pay.rev.cat/'],
    ['EMAIL_ENC_KEY', 'short'],
    ['EMAIL_ENC_KEY', `${key}A`],
    ['EMAIL_ENC_KEY', `${key},short`],
    ['EMAIL_ENC_KEY', ','],
    ['EMAIL_INDEX_KEY', `${key},${key}`],
    ['INBOX_RETENTION_DAYS', '0'],
    ['SIGNUP_CREDITS', '-1'],
    ['SIGNUP_CREDITS', '1.5'],
    ['TRUSTED_PROXIES', '*'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, proxy.example.com'],
    ['PERSISTED_ONLY', 'maybe'],
    ['ALLOWED_HOSTS', 'https://api.example.com'],
    ['ALLOWED_HOSTS', 'api.example.com:443'],
    ['ALLOWED_HOSTS', 'api.example.com/graphql'],
    ['ALLOWED_HOSTS', 'api.example.com, *.example.com'],
    ['ALLOWED_HOSTS', 'api.example.com.'],
    ['ALLOWED_HOSTS', 'a b'],
    ['ALLOWED_HOSTS', '::1'],
    ['ALLOWED_HOSTS', '[::g]'],
    ['ALLOWED_HOSTS', '999.1.1.1'],
    ['ALLOWED_HOSTS', ','],
    ['CORS_ORIGINS', 'app.example.com'],
    ['CORS_ORIGINS', 'https://app.example.com,*'],
    ['CORS_ORIGINS', 'https://app.example.com/path'],
    ['CORS_ORIGINS', 'https://*'],
    ['CORS_ORIGINS', 'https://*.example.com'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'file:///'],
    ['CORS_ORIGINS', 'file://localhost'],
    ['CORS_ORIGINS', 'capacitor://'],
    ['CORS_ORIGINS', 'capacitor:localhost'],
    ['CORS_ORIGINS', 'capacitor://localhost/path'],
    ['CORS_ORIGINS', 'capacitor://user@localhost'],
    ['CORS_ORIGINS', 'mailto:ada@example.com'],
  ])('%s=%s', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}: .+\\.$`)))
  })

  test.each<[SettingName, string, string | boolean]>([
    ['AUTO_MIGRATE', 'false', false],
    ['AUTO_MIGRATE', '0', false],
    ['AUTO_MIGRATE', 'no', false],
    ['AUTO_MIGRATE', 'yes', true],
  ])('%s=%s is %s', (name, value, expected) => {
    expect(readSettings({ [name]: value }).autoMigrate).toBe(expected)
  })
})

describe('values may be written in several ways', () => {
  test.each<[SettingName, string, Partial<Settings>]>([
    ['LOG_LEVEL', 'INFO', { logLevel: 'info' }],
    ['LOG_LEVEL', ' Warn ', { logLevel: 'warn' }],
    ['LOG_LEVEL', '"debug"', { logLevel: 'debug' }],
    ['LOG_LEVEL', "' error '", { logLevel: 'error' }],
    ['AUTO_MIGRATE', 'False', { autoMigrate: false }],
    ['AUTO_MIGRATE', 'off', { autoMigrate: false }],
    ['AUTO_MIGRATE', 'NO', { autoMigrate: false }],
    ['PERSISTED_ONLY', 'ON', { persistedOnly: true }],
    ['PERSISTED_ONLY', 'Yes', { persistedOnly: true }],
    ['PERSISTED_ONLY', 'TRUE', { persistedOnly: true }],
    ['PERSISTED_ONLY', '"1"', { persistedOnly: true }],
    ['PORT', ' "5000" ', { port: 5_000 }],
    ['METRICS_PORT', 'Off', { metricsPort: null }],
    ['PUBLIC_URL', 'HTTPS://API.Example.com/', { publicUrl: 'https://api.example.com' }],
    ['PUBLIC_URL', 'https://api.example.com/base//', { publicUrl: 'https://api.example.com/base' }],
    ['CORS_ORIGINS', 'https://App.example.com/', { corsOrigins: ['https://app.example.com'] }],
    [
      'CORS_ORIGINS',
      'capacitor://localhost, Tauri://localhost/,ionic://localhost,chrome-extension://ABcdef,http://tauri.localhost',
      {
        corsOrigins: [
          'capacitor://localhost',
          'tauri://localhost',
          'ionic://localhost',
          'chrome-extension://abcdef',
          'http://tauri.localhost',
        ],
      },
    ],
    [
      'CORS_ORIGINS',
      ' https://a.example , http://b.example:81/, ',
      { corsOrigins: ['https://a.example', 'http://b.example:81'] },
    ],
    [
      'CORS_ORIGINS',
      '"https://a.example","https://b.example"',
      { corsOrigins: ['https://a.example', 'https://b.example'] },
    ],
    ['TRUSTED_PROXIES', 'Loopback, 10.0.0.0/8,', { trustedProxies: ['loopback', '10.0.0.0/8'] }],
    ['ADMIN_CLERK_IDS', 'user_A,', { adminClerkIds: ['user_A'] }],
    ['NODE_ENV', 'Development', { mode: 'development' }],
    ['NODE_ENV', 'test', { mode: 'development' }],
  ])('%s=%s', (name, value, expected) => {
    expect(readSettings({ [name]: value })).toMatchObject(expected)
  })

  test('NODE_ENV and DEPLOYMENT, with the rules that follow from them', () => {
    const settings = readSettings({ ...production, NODE_ENV: 'Production', DEPLOYMENT: 'STAGING' })
    expect(settings).toMatchObject({ mode: 'production', allowsSandbox: true, allowedHosts: ['api.example.com'] })
    expect(isProduction({ NODE_ENV: 'PRODUCTION' })).toBe(true)
    expect(isProduction({ NODE_ENV: 'development' })).toBe(false)
    expect(isProduction({})).toBe(false)
    const problems = problemsOf({ NODE_ENV: 'Production' })
    expect(problems).toContainEqual(expect.stringMatching(/^DATABASE_URL is missing\./))
  })

  test('the origins that tokens are for, and the sampler of traces', () => {
    const CLERK_AUTHORIZED_PARTIES = 'https://App.example.com/, com.example.app,'
    expect(readSettings({ ...clerk, CLERK_AUTHORIZED_PARTIES, CLERK_REQUIRE_AZP: 'Off' }).clerk).toMatchObject({
      authorizedParties: ['https://app.example.com', 'com.example.app'],
      requireAuthorizedParty: false,
    })
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_SAMPLER: 'Always_On' }
    expect(readSettings(tracing).tracing?.sampler).toBe('always_on')
  })

  test('a value that is not known is named with what is', () => {
    expect(problemsOf({ LOG_LEVEL: 'loud', AUTO_MIGRATE: 'maybe', PORT: 'http' })).toEqual([
      'PORT: must be a whole number from 0 to 65535.',
      'AUTO_MIGRATE: must be true or false.',
      'LOG_LEVEL: must be fatal, error, warn, info, debug, trace or silent.',
    ])
  })

  test('an invalid entry of a list is named by its position', () => {
    expect(problemsOf({ CORS_ORIGINS: 'https://a.example, b.example, https://c.example/path' })).toEqual([
      'CORS_ORIGINS: entry 2 must be an origin such as https://app.example.com or capacitor://localhost, without a path.',
      'CORS_ORIGINS: entry 3 must be an origin such as https://app.example.com or capacitor://localhost, without a path.',
    ])
  })
})

describe('how many jobs of each lane run at once', () => {
  test('is set per lane', () => {
    const { jobConcurrency } = readSettings({
      JOB_CONCURRENCY_DEFAULT: '8',
      JOB_CONCURRENCY_FILES: '2',
      JOB_CONCURRENCY_RENDER: '0',
      JOB_CONCURRENCY_SEND: '1000',
    })
    expect(jobConcurrency).toEqual({ default: 8, files: 2, render: 0, send: 1_000, replies: 32 })
  })

  test.each(['DEFAULT', 'FILES', 'RENDER', 'SEND', 'REPLIES'] as const)(
    'is a whole number from 0 to 1000: %s',
    (lane) => {
      const name = `JOB_CONCURRENCY_${lane}` as const
      for (const value of ['-1', '1001', '1.5', 'many']) {
        expect(problemsOf({ [name]: value }), value).toEqual([`${name}: must be a whole number from 0 to 1000.`])
      }
    },
  )
})

test('no problem contains the value: it may be a secret in the wrong variable', () => {
  const secret = 'TopSecret7'
  const environment = Object.fromEntries(allSettings.map(({ name }) => [name, secret])) as Environment
  // The path of a file is not secret, and the message must name it.
  const problems = problemsOf(without(environment, 'PLANS_FILE'))
  expect(problems.length).toBeGreaterThan(10)
  expect(problems.join('\n').toLowerCase()).not.toContain(secret.toLowerCase())
})

test.each(allSettings.filter(({ secret }) => secret).map(({ name }) => name))(
  'an error never contains the value of %s',
  (name) => {
    const secret = 'TopSecret7'
    const values = [secret, `${secret},`, `,,${secret}`, `postgres:/${secret}`, `whsec_${secret}`, `sk_${secret},x`]
    for (const value of values) {
      const problems = problemsOf({ ...production, PORT: 'http', [name]: value })
      expect(problems).toContainEqual(expect.stringMatching(/^PORT: /))
      expect(new ConfigError(problems).message.toLowerCase()).not.toContain(secret.toLowerCase())
    }
  },
)

test('traces are off without a collector', () => {
  expect(readSettings({ OTEL_TRACES_SAMPLER: 'always_on' }).tracing).toBeUndefined()
  expect(readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }).tracing).toEqual({
    endpoint: 'http://collector:4318',
    headers: '',
    serviceName: 'pacer',
    sampler: 'parentbased_always_on',
    ratio: 1,
    deployment: 'development',
  })
})
