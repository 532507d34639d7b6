import { resolve } from 'node:path'
import { z } from 'zod'
import type { TracingOptions } from '../platform/watching/tracing.ts'
import type { Environment } from './env.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { issuerOf, missingVariables } from './missing-variables.ts'
import type { Plans } from './plans.ts'
import { readPlans } from './read-plans.ts'
import { shape, type Values } from './shape.ts'

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

/** Reads settings from the environment; throws a ConfigError that names everything wrong or missing at once. */
export function readSettings(environment: Environment): Settings {
  const parsed = z.object(shape).safeParse(environment)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message.toLowerCase()}.`)
  problems.push(...missingVariables(environment))
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
