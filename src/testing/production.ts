import { developmentIdentity } from '../dev/identity.ts'
import { newKey } from '../platform/sealing/sealing.ts'

/** What a run of tests has: vitest's `inject` gives it, and so does what a script has started itself. */
export interface Surroundings {
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

/** The parts that a run of tests has, as a process is told of them: its folder, its bucket and this database. */
export function partsOf(
  { dataDir, bucket }: Surroundings,
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
  }
}

/** The environment of a process as production has it, over this database; its people are the development identity's. */
export async function production(
  surroundings: Surroundings,
  database: { readonly url: string; readonly ownerUrl: string },
): Promise<Production> {
  const { signToken, jwtKey, issuer, authorizedParties } = await developmentIdentity(surroundings.dataDir)
  return {
    env: {
      NODE_ENV: 'production',
      PORT: '0',
      METRICS_PORT: '0',
      ...partsOf(surroundings, database),
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
    },
    token: (email) => signToken({ email, now: new Date(), expiresInSeconds: 3_600 }),
  }
}
