import type { DevelopmentIdentity } from '../src/dev/identity.ts'
import { newKey } from '../src/platform/encryption/encryptor.ts'

/** The environment of a production process that has only Postgres. */
export function environment(url: string, identity: DevelopmentIdentity): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: url,
    ALLOWED_HOSTS: 'localhost',
    CORS_ORIGINS: 'http://localhost:3000',
    CLERK_JWT_KEY: identity.jwtKey,
    CLERK_ISSUER: identity.issuer,
    CLERK_AUTHORIZED_PARTIES: identity.authorizedParties.join(),
    CLERK_SECRET_KEY: 'sk_test_none',
    CLERK_API_URL: 'http://127.0.0.1:1',
    CLERK_WEBHOOK_SECRET: `whsec_${Buffer.from('an unused webhook secret').toString('base64')}`,
    R2_ENDPOINT: 'http://127.0.0.1:1',
    R2_ACCESS_KEY_ID: 'none',
    R2_SECRET_ACCESS_KEY: 'none',
    R2_BUCKET_NAME: 'none',
    EMAIL_ENC_KEY: newKey(),
    EMAIL_INDEX_KEY: newKey(),
  }
}
