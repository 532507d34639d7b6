import { resolve } from 'node:path'
import { z } from 'zod'
import { isKey } from '../platform/sealing.ts'
import type { Environment } from './env.ts'
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

/** What holds for every process, with the parts that development may embed still missing. */
export interface Settings {
  readonly mode: 'development' | 'production'
  readonly host: string
  readonly port: number
  /** Null: neither metrics nor health on a port of their own. */
  readonly metricsPort: number | null
  /** Whether the metrics port was asked for; if not, development takes another one when it is in use. */
  readonly metricsPortIsDefault: boolean
  readonly logLevel: string
  readonly dataDir: string
  readonly publicUrl: string
  readonly poolSize: number
  readonly autoMigrate: boolean
  readonly adminClerkIds: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly allowedHosts: readonly string[]
  /** Each of them verifies Clerk's webhooks; none: the endpoint is off. */
  readonly clerkWebhookSecrets: readonly string[]
  readonly inboxRetentionDays: number
  /** The gift for signing up. */
  readonly signUpCredits: number
  readonly database?: DatabaseConfig | undefined
  readonly privacy: Partial<PrivacyConfig>
  readonly clerk?: ClerkConfig | undefined
  readonly bucket?: BucketConfig | undefined
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
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')

const shape = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4000),
  METRICS_PORT: z.union([z.literal('off').transform(() => null), port], 'must be a port or off').default(9464),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATA_DIR: z.string().default('.data'),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DIRECT_URL: postgresUrl.optional(),
  DB_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(5),
  AUTO_MIGRATE: flag.default(true),
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
  R2_ACCOUNT_ID: z.string().optional(),
  R2_ACCESS_KEY_ID: z.string().optional(),
  R2_SECRET_ACCESS_KEY: z.string().optional(),
  R2_BUCKET_NAME: z.string().optional(),
  R2_ENDPOINT: httpUrl.optional(),
  EMAIL_ENC_KEY: list.pipe(z.array(key).min(1)).optional(),
  EMAIL_INDEX_KEY: key.optional(),
  INBOX_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
  SIGNUP_CREDITS: z.coerce.number().int().min(0).max(1_000_000).default(100),
  CORS_ORIGINS: origins.default([]),
  ALLOWED_HOSTS: list.default([]),
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
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return toSettings(parsed.data, environment)
}

function toSettings(values: Values, environment: Environment): Settings {
  const production = values.NODE_ENV === 'production'
  return {
    mode: production ? 'production' : 'development',
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT,
    metricsPortIsDefault: environment.METRICS_PORT === undefined,
    logLevel: values.LOG_LEVEL,
    dataDir: resolve(values.DATA_DIR),
    publicUrl: values.PUBLIC_URL ?? `http://${values.HOST === '0.0.0.0' ? 'localhost' : values.HOST}:${values.PORT}`,
    poolSize: values.DB_POOL_SIZE,
    autoMigrate: values.AUTO_MIGRATE,
    adminClerkIds: values.ADMIN_CLERK_IDS,
    corsOrigins: values.CORS_ORIGINS.length > 0 || production ? values.CORS_ORIGINS : ['http://localhost:3000'],
    allowedHosts: production ? values.ALLOWED_HOSTS : [...values.ALLOWED_HOSTS, 'localhost', '127.0.0.1', '[::1]'],
    clerkWebhookSecrets: values.CLERK_WEBHOOK_SECRET,
    inboxRetentionDays: values.INBOX_RETENTION_DAYS,
    signUpCredits: values.SIGNUP_CREDITS,
    database: values.DATABASE_URL
      ? { url: values.DATABASE_URL, directUrl: values.DIRECT_URL ?? values.DATABASE_URL }
      : undefined,
    privacy: {
      ...(values.EMAIL_ENC_KEY ? { encryptionKeys: values.EMAIL_ENC_KEY } : {}),
      ...(values.EMAIL_INDEX_KEY ? { indexKey: values.EMAIL_INDEX_KEY } : {}),
    },
    clerk: clerkOf(values),
    bucket: bucketOf(values),
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

/** A publishable key is 'pk_test_' or 'pk_live_' and the base64 of the frontend API's host and a '$'. */
function issuerOf(publishableKey: string | undefined): string | undefined {
  const host = Buffer.from(publishableKey?.split('_')[2] ?? '', 'base64')
    .toString('latin1')
    .replace(/\$$/, '')
  return /^[a-z0-9.-]+$/i.test(host) ? `https://${host}` : undefined
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
