import { join } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import type {
  BucketConfig,
  ClerkConfig,
  Config,
  DatabaseConfig,
  RevenueCatConfig,
  Settings,
} from '../../config/config.ts'
import { type DevelopmentIdentity, developmentIdentity } from '../identity.ts'
import { type DevelopmentKeys, developmentKeys } from './keys.ts'
import { findPostgres, startPostgres } from './postgres.ts'
import { findR2, startR2 } from './r2.ts'
import { ensureRuntimeLogin, runtimeLogin } from './runtime-login.ts'

/** The configuration with embedded services for those that the environment does not name. */
export interface DevelopmentStack extends AsyncDisposable {
  readonly config: Config
  /** Null if Clerk is configured. */
  readonly identity: DevelopmentIdentity | null
}

const databaseName = 'pacer'
const bucketName = 'uploads'
/** Valid for the embedded R2 only. */
const bucketKey = { accessKeyId: 'pacer-development', secretAccessKey: 'pacer-development-secret' }
/** Preferred, so that URLs stay the same after a restart. */
const bucketPort = 9100

/**
 * Starts the services that the environment does not configure: database, bucket and identity, with data in `dataDir`.
 * With `join`, services that another process runs on this folder are used instead and are not ended here.
 */
export async function openStack(settings: Settings, { join: joining }: { join: boolean }): Promise<DevelopmentStack> {
  const stack = new AsyncDisposableStack()
  try {
    const identity = settings.clerk ? null : await developmentIdentity(settings.dataDir)
    const keys = await developmentKeys(settings.dataDir)
    const [database, bucket] = await Promise.all([
      settings.database ?? embedDatabase(stack, settings.dataDir, joining),
      settings.bucket ?? embedBucket(stack, settings.dataDir, joining),
    ])
    const clerk = settings.clerk ?? clerkOf(identity)
    const privacy = { ...keys.privacy, ...settings.privacy }
    const clerkWebhookSecrets = webhookSecrets(settings, keys)
    const revenueCat = withLocalSecret(settings.revenueCat, keys)
    const config = { ...settings, database, bucket, clerk, privacy, clerkWebhookSecrets, revenueCat }
    return { config, identity, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function embedDatabase(stack: AsyncDisposableStack, dataDir: string, joining: boolean): Promise<DatabaseConfig> {
  const folder = join(dataDir, 'postgres')
  const running = joining ? await findPostgres(folder) : null
  const postgres = running ?? stack.use(await startPostgres({ dataDir: folder }))
  await ensureDatabase(postgres.url())
  return { url: postgres.url(databaseName, runtimeLogin), directUrl: postgres.url(databaseName) }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(databaseName)}`)
    await ensureRuntimeLogin(client)
  } finally {
    await client.end()
  }
}

async function embedBucket(stack: AsyncDisposableStack, dataDir: string, joining: boolean): Promise<BucketConfig> {
  const folder = join(dataDir, 'r2')
  const running = joining ? await findR2(folder) : null
  const { endpoint } =
    running ?? stack.use(await startR2({ dataDir: folder, port: bucketPort, bucket: bucketName, ...bucketKey }))
  return { endpoint, name: bucketName, ...bucketKey }
}

function clerkOf(identity: DevelopmentIdentity | null): ClerkConfig {
  if (!identity) throw new Error('Clerk is not configured, and there is no development identity.')
  const { jwtKey, issuer, authorizedParties, claimsAreVerified } = identity
  const apiUrl = 'https://api.clerk.com'
  return { jwtKey, issuer, authorizedParties, claimsAreVerified, requireAuthorizedParty: true, apiUrl }
}

/** The local secret is used only without Clerk: a real Clerk signs with its own secret, which must be configured. */
export function webhookSecrets(
  { clerk, clerkWebhookSecrets }: Settings,
  { webhookSecret }: DevelopmentKeys,
): readonly string[] {
  return clerk || clerkWebhookSecrets.length > 0 ? clerkWebhookSecrets : [webhookSecret]
}

/** The local secret is used if neither an Authorization value nor a secret is configured for RevenueCat's webhook. */
export function withLocalSecret(
  revenueCat: RevenueCatConfig,
  { purchaseWebhookSecret }: DevelopmentKeys,
): RevenueCatConfig {
  const isConfigured = revenueCat.webhookAuthorizations.length + revenueCat.webhookSecrets.length > 0
  return isConfigured ? revenueCat : { ...revenueCat, webhookSecrets: [purchaseWebhookSecret] }
}
