import type { JobConcurrency } from '../platform/jobs/lanes.ts'
import type { TracingOptions } from '../platform/observability/tracing.ts'
import { canonical, type Environment, readSearchPath } from './env.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { issuerOf, missingVariables } from './missing-variables.ts'
import { parseValues, plainSettings } from './parse-values.ts'
import type { PlainSettings, Values } from './settings.ts'

export interface DatabaseConfig {
  readonly url: string
  /** Without a pooler: for migrations, LISTEN and the job queue. */
  readonly directUrl: string
}

export interface ClerkConfig {
  readonly jwtKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly issuer: string
  readonly authorizedParties: readonly string[]
  readonly requireAuthorizedParty: boolean
  /** Default: true. */
  readonly requireSession?: boolean | undefined
  /** What tokens with an actor may do. Default: 'read'. */
  readonly impersonation?: 'refuse' | 'read' | 'write' | undefined
  /** True for the development identity only: addresses in its tokens count as verified. */
  readonly claimsAreVerified?: boolean | undefined
  readonly apiUrl: string
}

export interface PrivacyConfig {
  /** 32 bytes each, as base64url, newest first. */
  readonly encryptionKeys: readonly string[]
  readonly indexKey: string
}

export interface BucketConfig {
  readonly endpoint: string
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A part that is not configured is off. */
export interface RevenueCatConfig {
  readonly apiUrl: string
  /** For API v1: reads customers and cancels subscriptions at Google. */
  readonly apiKey?: string | undefined
  /** For API v2: cancels subscriptions that were bought on the web. */
  readonly v2?: { readonly apiKey: string; readonly projectId: string } | undefined
  /** Accepted values of the webhook's Authorization header. */
  readonly webhookAuthorizations: readonly string[]
  /** A webhook's signature must be valid under one of them. */
  readonly webhookSecrets: readonly string[]
  /** The token of the web purchase link. */
  readonly webPurchaseLink?: string | undefined
  /** RevenueCat ids of the testers whose sandbox purchases count in production. */
  readonly sandboxUsers: readonly string[]
}

/** A vendor without a key is not used. */
export interface VendorConfig {
  readonly apiKey: string | undefined
  readonly apiUrl: string
}

export interface VideosConfig {
  readonly groq: VendorConfig
  readonly google: VendorConfig
  readonly pexels: VendorConfig
  /** Undefined: the ffmpeg on the PATH. */
  readonly ffmpegPath: string | undefined
  /** PATH. */
  readonly searchPath: string
}

/** Channels of notifications that are not configured are not offered. */
export interface NotificationsConfig {
  /** Undefined: no push messages to browsers. */
  readonly vapid: { readonly publicKey: string; readonly privateKey: string; readonly subject: string } | undefined
  /** Whether endpoints of browsers may be at loopback addresses. */
  readonly allowsLoopback: boolean
}

/**
 * The configuration of a process, without the parts that development embeds where they are not configured. The properties
 * of `PlainSettings` are documented where their variables are defined, in settings/.
 */
export interface Settings extends PlainSettings {
  readonly mode: 'development' | 'production'
  /** Whether purchases from a store's test environment count: in development and staging. */
  readonly allowsSandbox: boolean
  /** Whether METRICS_PORT is not set; development then takes another port where the default is in use. */
  readonly metricsPortIsDefault: boolean
  readonly publicUrl: string
  readonly allowedHosts: readonly string[]
  readonly jobConcurrency: JobConcurrency
  readonly limits: Limits
  readonly revenueCat: RevenueCatConfig
  readonly videos: VideosConfig
  readonly notifications: NotificationsConfig
  readonly database?: DatabaseConfig | undefined
  readonly privacy: Partial<PrivacyConfig>
  readonly clerk?: ClerkConfig | undefined
  readonly bucket?: BucketConfig | undefined
  /** Undefined: no traces are recorded. */
  readonly tracing?: TracingOptions | undefined
}

/** Settings with every part, configured or embedded. */
export interface Config extends Settings {
  readonly database: DatabaseConfig
  readonly privacy: PrivacyConfig
  readonly clerk: ClerkConfig
  readonly bucket: BucketConfig
}

/** Whether every part is configured, so that nothing has to be embedded. */
export function isComplete(settings: Settings): settings is Config {
  const { database, privacy, clerk, bucket } = settings
  const hasKeys = privacy.encryptionKeys !== undefined && privacy.indexKey !== undefined
  return database !== undefined && hasKeys && clerk !== undefined && bucket !== undefined
}

/** Variables are missing or invalid. `problems` has a sentence for each of them, without its value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Finds what is wrong with variables that a domain reads itself; a sentence for each problem. */
export type EnvironmentCheck = (environment: Environment) => readonly string[]

/**
 * Reads the settings from the environment. Throws a ConfigError that names every missing or invalid variable
 * once, with what the checks of the domains find.
 */
export function readSettings(variables: Environment, checks: readonly EnvironmentCheck[] = []): Settings {
  const environment = canonical(variables)
  const { values, problems } = parseValues(environment)
  const isProduction = values.NODE_ENV === 'production'
  const found = checks.flatMap((check) => [...check(environment)])
  const all = [...problems, ...missingVariables(environment, { isProduction }), ...found]
  if (all.length > 0) throw new ConfigError(all)
  return toSettings(values, environment)
}

function toSettings(values: Values, environment: Environment): Settings {
  const isProduction = values.NODE_ENV === 'production'
  const { ALLOWED_HOSTS: hosts = [] } = values
  return {
    ...plainSettings(values),
    mode: isProduction ? 'production' : 'development',
    allowsSandbox: !isProduction || values.DEPLOYMENT === 'staging',
    metricsPortIsDefault: environment.METRICS_PORT === undefined,
    publicUrl: values.PUBLIC_URL ?? `http://${values.HOST === '0.0.0.0' ? 'localhost' : values.HOST}:${values.PORT}`,
    allowedHosts: isProduction ? hosts : [...hosts, 'localhost', '127.0.0.1', '[::1]'],
    jobConcurrency: {
      default: values.JOB_CONCURRENCY_DEFAULT,
      files: values.JOB_CONCURRENCY_FILES,
      render: values.JOB_CONCURRENCY_RENDER,
      send: values.JOB_CONCURRENCY_SEND,
      replies: values.JOB_CONCURRENCY_REPLIES,
    },
    limits: defaultLimits,
    revenueCat: revenueCatOf(values),
    videos: {
      groq: { apiKey: values.GROQ_API_KEY, apiUrl: values.GROQ_API_URL },
      google: { apiKey: values.GOOGLE_API_KEY, apiUrl: values.GOOGLE_API_URL },
      pexels: { apiKey: values.PEXELS_API_KEY, apiUrl: values.PEXELS_API_URL },
      ffmpegPath: values.FFMPEG_PATH,
      searchPath: readSearchPath(),
    },
    notifications: notificationsOf(values),
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
    authorizedParties: values.CLERK_AUTHORIZED_PARTIES,
    requireAuthorizedParty: values.CLERK_REQUIRE_AZP,
    requireSession: values.CLERK_REQUIRE_SID,
    impersonation: values.CLERK_IMPERSONATION,
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

function notificationsOf(values: Values): NotificationsConfig {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = values
  return {
    vapid: publicKey && privateKey && subject ? { publicKey, privateKey, subject } : undefined,
    allowsLoopback: values.WEB_PUSH_ALLOW_LOOPBACK && values.NODE_ENV !== 'production',
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
