import { z } from 'zod'
import { isProxy } from '../platform/limits/client-address.ts'
import { isKey } from '../platform/sealing/sealing.ts'
import type { VariableName } from './variables.ts'

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
const host = z
  .string()
  .refine(isBareHost, 'must be bare host names such as api.example.com: no scheme, port, path or wildcard')
  .transform((text) => new URL(`http://${text}`).hostname)
const hosts = list.pipe(z.array(host).min(1, 'names no host'))
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

/** What each variable may hold and becomes, by its canonical name. */
export const shape = {
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
  ALLOWED_HOSTS: hosts.default([]),
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

/** A name, or an address (of IPv6 in brackets), as a Host header says it before its port. */
function isBareHost(text: string): boolean {
  return /^([a-z\d_-]+(\.[a-z\d_-]+)*|\[[a-f\d:.]+\])$/i.test(text) && URL.canParse(`http://${text}`)
}

export type Values = z.infer<z.ZodObject<typeof shape>>
