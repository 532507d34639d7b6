import { resolve } from 'node:path'
import { z } from 'zod'
import { isProxy } from '../platform/client-address.ts'
import { isKey } from '../platform/sealing.ts'
import type { TracingOptions } from '../platform/tracing.ts'
import type { Environment } from './env.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { Plans } from './plans.ts'
import { readPlans } from './read-plans.ts'
import { type Variable, type VariableName, variables } from './variables.ts'

export interface DatabaseConfig {
  readonly url: string
  /** Without a pooler: for migrations, LISTEN and the queue. */
  readonly directUrl: string
}

export interface ClerkConfig {
  readonly jwtKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly issuer: string
  readonly authorizedParties: readonly string[]
  readonly requireAuthorizedParty: boolean
  readonly apiUrl: string
}

export interface PrivacyConfig {
  /** base64url of 32 bytes each, newest first. */
  readonly encryptionKeys: readonly string[]
  readonly indexKey: string
}

export interface BucketConfig {
  readonly endpoint: string
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Every part of it may be left out, and is then off. */
export interface RevenueCatConfig {
  readonly apiUrl: string
  /** Of API v1: reads customers and cancels at Google. */
  readonly apiKey?: string | undefined
  /** Of API v2: cancels what was bought on the web. */
  readonly v2?: { readonly apiKey: string; readonly projectId: string } | undefined
  /** Values of the webhook's Authorization header; each of them is right. */
  readonly webhookAuthorizations: readonly string[]
  /** Each of them verifies the webhook's signature. */
  readonly webhookSecrets: readonly string[]
  /** The token of the web purchase link. */
  readonly webPurchaseLink?: string | undefined
  /** Names at RevenueCat of the testers whose sandbox purchases count in production. */
  readonly sandboxUsers: readonly string[]
}

/** What holds for every process, with the parts that development may embed still missing. */
export interface Settings {
  readonly mode: 'development' | 'production'
  /** Whether purchases of a store's test environment count: everywhere but where real people pay. */
  readonly allowsSandbox: boolean
  readonly host: string
  readonly port: number
  /** Null: neither metrics nor health on a port of their own. */
  readonly metricsPort: number | null
  /** Whether the metrics port was asked for; if not, development takes another one when it is in use. */
  readonly metricsPortIsDefault: boolean
  /** How many API processes share the port. */
  readonly webConcurrency: number
  /** What an external cron sends; without one it is refused. */
  readonly cronSecret?: string | undefined
  readonly logLevel: string
  readonly dataDir: string
  readonly publicUrl: string
  readonly poolSize: number
  readonly autoMigrate: boolean
  /** How large the database and the bucket may become; alerts compare. */
  readonly databaseBytesLimit?: number | undefined
  readonly storageBytesLimit?: number | undefined
  readonly adminClerkIds: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly allowedHosts: readonly string[]
  /** Proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[]
  /** Whether only the operations of operations/*.graphql are run. */
  readonly persistedOnly: boolean
  readonly limits: Limits
  /** Each of them verifies Clerk's webhooks; none: the endpoint is off. */
  readonly clerkWebhookSecrets: readonly string[]
  readonly revenueCat: RevenueCatConfig
  readonly inboxRetentionDays: number
  /** The gift for signing up. */
  readonly signUpCredits: number
  readonly plans: Plans
  readonly database?: DatabaseConfig | undefined
  readonly privacy: Partial<PrivacyConfig>
  readonly clerk?: ClerkConfig | undefined
  readonly bucket?: BucketConfig | undefined
  /** Where traces go; undefined: none are made. */
  readonly tracing?: TracingOptions | undefined
}

/** Settings with every part: configured, or embedded by development. */
export interface Config extends Settings {
  readonly database: DatabaseConfig
  readonly privacy: PrivacyConfig
  readonly clerk: ClerkConfig
  readonly bucket: BucketConfig
}

/** Whether nothing is left for development to embed. */
export function isComplete(settings: Settings): settings is Config {
  const { database, privacy, clerk, bucket } = settings
  const hasKeys = privacy.encryptionKeys !== undefined && privacy.indexKey !== undefined
  return database !== undefined && hasKeys && clerk !== undefined && bucket !== undefined
}

/** The environment does not fit; `problems` names every variable at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The environment does not fit:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)
const flag = z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform((text) => ['true', '1', 'yes'].includes(text))
const port = z.coerce.number().int().min(0).max(65_535)
const bytes = z.coerce.number().int().min(1)
const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))
const origins = list.pipe(
  z.array(
    z
      .string()
      .refine(
        (text) => URL.canParse(text) && new URL(text).origin === text,
        'must be origins such as https://app.example.com',
      ),
  ),
)
const key = z.string().refine(isKey, 'must be the base64url of 32 bytes: npm run --silent cli -- crypto new-key')
const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, 'must be whsec_ and base64, as the dashboard shows it')
const revenueCatSecrets = list.pipe(z.array(z.string().min(16, 'must have at least 16 characters each')))
const purchaseLink = z
  .string()
  .transform((text) => text.replace(/^https:\/\/pay\.rev\.cat\//, '').replace(/\/$/, ''))
  .refine((token) => /^[A-Za-z0-9_-]+$/.test(token), 'must be https://pay.rev.cat/ and a token, or the token alone')
const proxy = z
  .string()
  .refine(isProxy, 'must be addresses or networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal')
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')

const shape = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  DEPLOYMENT: z.enum(['production', 'staging']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4000),
  METRICS_PORT: z.union([z.literal('off').transform(() => null), port], 'must be a port or off').default(9464),
  WEB_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(1),
  CRON_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATA_DIR: z.string().default('.data'),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DIRECT_URL: postgresUrl.optional(),
  DB_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(5),
  AUTO_MIGRATE: flag.default(true),
  DATABASE_BYTES_LIMIT: bytes.optional(),
  CLERK_JWT_KEY: z
    .string()
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .refine((pem) => pem.includes('-----BEGIN PUBLIC KEY-----'), 'must be a PEM public key')
    .optional(),
  CLERK_SECRET_KEY: z.string().startsWith('sk_').optional(),
  CLERK_PUBLISHABLE_KEY: z.string().startsWith('pk_').optional(),
  CLERK_ISSUER: httpUrl.optional(),
  CLERK_AUTHORIZED_PARTIES: list.optional(),
  CLERK_REQUIRE_AZP: flag.default(true),
  CLERK_WEBHOOK_SECRET: list.pipe(z.array(webhookSecret)).default([]),
  CLERK_API_URL: httpUrl.default('https://api.clerk.com'),
  ADMIN_CLERK_IDS: list.default([]),
  REVENUECAT_API_KEY: z.string().optional(),
  REVENUECAT_API_KEY_V2: z.string().optional(),
  REVENUECAT_PROJECT_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the id of a project, such as proj1ab2c3d4')
    .optional(),
  REVENUECAT_API_URL: httpUrl.default('https://api.revenuecat.com'),
  REVENUECAT_WEBHOOK_AUTHORIZATION: revenueCatSecrets.default([]),
  REVENUECAT_WEBHOOK_SECRET: revenueCatSecrets.default([]),
  REVENUECAT_WEB_PURCHASE_LINK: purchaseLink.optional(),
  REVENUECAT_SANDBOX_USERS: list.default([]),
  R2_ACCOUNT_ID: z.string().optional(),
  R2_ACCESS_KEY_ID: z.string().optional(),
  R2_SECRET_ACCESS_KEY: z.string().optional(),
  R2_BUCKET_NAME: z.string().optional(),
  R2_ENDPOINT: httpUrl.optional(),
  STORAGE_BYTES_LIMIT: bytes.optional(),
  EMAIL_ENC_KEY: list.pipe(z.array(key).min(1)).optional(),
  EMAIL_INDEX_KEY: key.optional(),
  INBOX_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
  SIGNUP_CREDITS: z.coerce.number().int().min(0).max(1_000_000).default(100),
  PLANS_FILE: z.string().optional(),
  CORS_ORIGINS: origins.default([]),
  ALLOWED_HOSTS: list.default([]),
  TRUSTED_PROXIES: list.pipe(z.array(proxy)).default([]),
  PERSISTED_ONLY: flag.default(false),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().default(''),
  OTEL_SERVICE_NAME: z.string().default('pacer'),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
} satisfies Record<VariableName, z.ZodType>

type Values = z.infer<z.ZodObject<typeof shape>>

/** Reads settings from the environment; throws a ConfigError that names everything wrong or missing at once. */
export function readSettings(environment: Environment): Settings {
  const parsed = z.object(shape).safeParse(environment)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message.toLowerCase()}.`)
  const production = environment.NODE_ENV === 'production'
  problems.push(...(production ? missingInProduction(environment) : missingOfStartedGroups(environment)))
  problems.push(...missingOfRevenueCat(environment))
  const read = readPlans(environment.PLANS_FILE)
  problems.push(...read.problems)
  if (!parsed.success || read.plans === null || problems.length > 0) throw new ConfigError(problems)
  return toSettings(parsed.data, environment, read.plans)
}

function toSettings(values: Values, environment: Environment, plans: Plans): Settings {
  const production = values.NODE_ENV === 'production'
  return {
    mode: production ? 'production' : 'development',
    allowsSandbox: !production || values.DEPLOYMENT === 'staging',
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT,
    metricsPortIsDefault: environment.METRICS_PORT === undefined,
    webConcurrency: values.WEB_CONCURRENCY,
    cronSecret: values.CRON_SECRET,
    logLevel: values.LOG_LEVEL,
    dataDir: resolve(values.DATA_DIR),
    publicUrl: values.PUBLIC_URL ?? `http://${values.HOST === '0.0.0.0' ? 'localhost' : values.HOST}:${values.PORT}`,
    poolSize: values.DB_POOL_SIZE,
    autoMigrate: values.AUTO_MIGRATE,
    databaseBytesLimit: values.DATABASE_BYTES_LIMIT,
    storageBytesLimit: values.STORAGE_BYTES_LIMIT,
    adminClerkIds: values.ADMIN_CLERK_IDS,
    corsOrigins: values.CORS_ORIGINS.length > 0 || production ? values.CORS_ORIGINS : ['http://localhost:3000'],
    allowedHosts: production ? values.ALLOWED_HOSTS : [...values.ALLOWED_HOSTS, 'localhost', '127.0.0.1', '[::1]'],
    trustedProxies: values.TRUSTED_PROXIES,
    persistedOnly: values.PERSISTED_ONLY,
    limits: defaultLimits,
    clerkWebhookSecrets: values.CLERK_WEBHOOK_SECRET,
    revenueCat: revenueCatOf(values),
    inboxRetentionDays: values.INBOX_RETENTION_DAYS,
    signUpCredits: values.SIGNUP_CREDITS,
    plans,
    database: values.DATABASE_URL
      ? { url: values.DATABASE_URL, directUrl: values.DIRECT_URL ?? values.DATABASE_URL }
      : undefined,
    privacy: {
      ...(values.EMAIL_ENC_KEY ? { encryptionKeys: values.EMAIL_ENC_KEY } : {}),
      ...(values.EMAIL_INDEX_KEY ? { indexKey: values.EMAIL_INDEX_KEY } : {}),
    },
    clerk: clerkOf(values),
    bucket: bucketOf(values),
    tracing: tracingOf(values),
  }
}

function clerkOf(values: Values): ClerkConfig | undefined {
  const issuer = values.CLERK_ISSUER ?? issuerOf(values.CLERK_PUBLISHABLE_KEY)
  if (!issuer || !(values.CLERK_JWT_KEY || values.CLERK_SECRET_KEY)) return undefined
  return {
    jwtKey: values.CLERK_JWT_KEY,
    secretKey: values.CLERK_SECRET_KEY,
    issuer,
    authorizedParties: values.CLERK_AUTHORIZED_PARTIES ?? ['http://localhost:3000'],
    requireAuthorizedParty: values.CLERK_REQUIRE_AZP,
    apiUrl: values.CLERK_API_URL,
  }
}

function revenueCatOf(values: Values): RevenueCatConfig {
  const { REVENUECAT_API_KEY_V2: apiKey, REVENUECAT_PROJECT_ID: projectId } = values
  return {
    apiUrl: values.REVENUECAT_API_URL,
    apiKey: values.REVENUECAT_API_KEY,
    v2: apiKey && projectId ? { apiKey, projectId } : undefined,
    webhookAuthorizations: values.REVENUECAT_WEBHOOK_AUTHORIZATION,
    webhookSecrets: values.REVENUECAT_WEBHOOK_SECRET,
    webPurchaseLink: values.REVENUECAT_WEB_PURCHASE_LINK,
    sandboxUsers: values.REVENUECAT_SANDBOX_USERS,
  }
}

/** A publishable key is 'pk_test_' or 'pk_live_' and the base64 of the frontend API's host and a '$'. */
export function issuerOf(publishableKey: string | undefined): string | undefined {
  const host = Buffer.from(publishableKey?.split('_')[2] ?? '', 'base64')
    .toString('latin1')
    .replace(/\$$/, '')
  return /^[a-z0-9.-]+$/i.test(host) ? `https://${host}` : undefined
}

function tracingOf(values: Values): TracingOptions | undefined {
  if (!values.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined
  return {
    endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: values.OTEL_SERVICE_NAME,
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
    deployment: values.NODE_ENV === 'production' ? values.DEPLOYMENT : 'development',
  }
}

function bucketOf(values: Values): BucketConfig | undefined {
  const { R2_ACCOUNT_ID, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, R2_BUCKET_NAME } = values
  const endpoint = values.R2_ENDPOINT ?? (R2_ACCOUNT_ID && `https://${R2_ACCOUNT_ID}.r2.cloudflarestorage.com`)
  if (!endpoint || !R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY || !R2_BUCKET_NAME) return undefined
  return { endpoint, name: R2_BUCKET_NAME, accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY }
}

function missing(variable: Variable): string {
  return `${variable.name} is missing. ${variable.about}`
}

/** One variable may stand for another: the endpoint for the account, the publishable key for the issuer. */
function isCovered(name: string, environment: Environment): boolean {
  if (name === 'R2_ACCOUNT_ID') return environment.R2_ENDPOINT !== undefined
  if (name === 'CLERK_ISSUER') return issuerOf(environment.CLERK_PUBLISHABLE_KEY) !== undefined
  return false
}

function missingOf(group: string | null, environment: Environment): Variable[] {
  return (variables as readonly Variable[]).filter(
    (variable) =>
      variable.required &&
      (group === null || variable.group === group) &&
      environment[variable.name as VariableName] === undefined &&
      !isCovered(variable.name, environment),
  )
}

function missingInProduction(environment: Environment): string[] {
  return missingOf(null, environment).map(missing)
}

/** What needs another variable to be of any use. */
const revenueCatNeeds = [
  ['REVENUECAT_API_KEY_V2', 'REVENUECAT_PROJECT_ID'],
  ['REVENUECAT_PROJECT_ID', 'REVENUECAT_API_KEY_V2'],
  ['REVENUECAT_WEB_PURCHASE_LINK', 'REVENUECAT_API_KEY'],
] as const satisfies readonly [VariableName, VariableName][]

function missingOfRevenueCat(environment: Environment): string[] {
  return revenueCatNeeds
    .filter(([name, needed]) => environment[name] !== undefined && environment[needed] === undefined)
    .map(([name, needed]) => `${needed} is missing while ${name} is set.`)
}

function missingVerification({ CLERK_JWT_KEY, CLERK_SECRET_KEY }: Environment): string[] {
  if (CLERK_JWT_KEY || CLERK_SECRET_KEY) return []
  return ['CLERK_JWT_KEY or CLERK_SECRET_KEY is missing: one of them must verify session tokens.']
}

/** In development a group is embedded when nothing of it is set; one that is begun must be whole. */
function missingOfStartedGroups(environment: Environment): string[] {
  const problems: string[] = []
  const isR2Begun = variables.some((variable) => variable.group === 'R2' && environment[variable.name] !== undefined)
  if (isR2Begun) problems.push(...missingOf('R2', environment).map(missing))
  const { CLERK_JWT_KEY, CLERK_SECRET_KEY, CLERK_ISSUER, CLERK_PUBLISHABLE_KEY } = environment
  if (CLERK_JWT_KEY ?? CLERK_SECRET_KEY ?? CLERK_ISSUER ?? CLERK_PUBLISHABLE_KEY) {
    const issuer = missingOf('Clerk', environment).filter((variable) => variable.name === 'CLERK_ISSUER')
    problems.push(...issuer.map(missing), ...missingVerification(environment))
  }
  if (environment.DIRECT_URL && !environment.DATABASE_URL) {
    problems.push('DATABASE_URL is missing while DIRECT_URL is set.')
  }
  return problems
}
