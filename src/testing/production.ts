import type { Environment } from '../config/env.ts'
import { developmentIdentity } from '../dev/identity.ts'
import { newKey } from '../platform/encryption/encryptor.ts'

/** The data folder and bucket of a test run, from vitest's `inject` or started by a script. */
export interface TestResources {
  readonly dataDir: string
  readonly bucket: {
    readonly endpoint: string
    readonly name: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
}

export interface Production {
  readonly env: Readonly<Record<string, string>>
  token(email: string): Promise<string>
}

/** The environment variables for a data folder, a bucket and a database. */
export function resourceVariables(
  { dataDir, bucket }: TestResources,
  database: { readonly url: string; readonly ownerUrl: string },
): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    DIRECT_URL: database.ownerUrl,
    R2_ENDPOINT: bucket.endpoint,
    R2_BUCKET_NAME: bucket.name,
    R2_ACCESS_KEY_ID: bucket.accessKeyId,
    R2_SECRET_ACCESS_KEY: bucket.secretAccessKey,
  } satisfies Environment
}

/** The environment of a production process over this database. The development identity signs its tokens. */
export async function production(
  resources: TestResources,
  database: { readonly url: string; readonly ownerUrl: string },
): Promise<Production> {
  const { signToken, jwtKey, issuer, authorizedParties } = await developmentIdentity(resources.dataDir)
  return {
    env: {
      NODE_ENV: 'production',
      PORT: '0',
      METRICS_PORT: '0',
      ...resourceVariables(resources, database),
      CLERK_JWT_KEY: jwtKey,
      CLERK_SECRET_KEY: 'sk_test_of_nobody',
      CLERK_API_URL: 'http://127.0.0.1:1',
      CLERK_ISSUER: issuer,
      CLERK_AUTHORIZED_PARTIES: authorizedParties.join(),
      CLERK_WEBHOOK_SECRET: `whsec_${Buffer.from('the webhook secret of tests').toString('base64')}`,
      EMAIL_ENC_KEY: newKey(),
      EMAIL_INDEX_KEY: newKey(),
      CORS_ORIGINS: 'https://app.example.com',
      ALLOWED_HOSTS: '127.0.0.1',
    } satisfies Environment,
    token: (email) => signToken({ email, now: new Date(), expiresInSeconds: 3_600 }),
  }
}
