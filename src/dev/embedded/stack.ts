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

/** The parts that the environment does not name, embedded. */
export interface DevelopmentStack extends AsyncDisposable {
  readonly config: Config
  /** Null where a real Clerk is configured. */
  readonly identity: DevelopmentIdentity | null
}

const databaseName = 'pacer'
const bucketName = 'uploads'
/** Local, and of no use anywhere else. */
const bucketKey = { accessKeyId: 'pacer-development', secretAccessKey: 'pacer-development-secret' }
/** Tried first, so that addresses stay the same between starts. */
const bucketPort = 9100

/**
 * Starts what the environment does not name: each of database, bucket and identity on its own, data below `dataDir`.
 * `join` uses what another process of this folder is running already instead; then nothing of that is ended here.
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
  if (!identity) throw new Error('Clerk is neither configured nor embedded.')
  const { jwtKey, issuer, authorizedParties } = identity
  return { jwtKey, issuer, authorizedParties, requireAuthorizedParty: true, apiUrl: 'https://api.clerk.com' }
}

/** The local secret stands in where Clerk does not: a real one that is not configured verifies nothing. */
export function webhookSecrets(
  { clerk, clerkWebhookSecrets }: Settings,
  { webhookSecret }: DevelopmentKeys,
): readonly string[] {
  return clerk || clerkWebhookSecrets.length > 0 ? clerkWebhookSecrets : [webhookSecret]
}

/** The local secret stands in where RevenueCat's webhook has neither an Authorization value nor a secret. */
export function withLocalSecret(
  revenueCat: RevenueCatConfig,
  { purchaseWebhookSecret }: DevelopmentKeys,
): RevenueCatConfig {
  const isConfigured = revenueCat.webhookAuthorizations.length + revenueCat.webhookSecrets.length > 0
  return isConfigured ? revenueCat : { ...revenueCat, webhookSecrets: [purchaseWebhookSecret] }
}
