import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { createSigningKeys } from '../../adapters/clerk/signing-keys.ts'
import type { ClerkConfig } from '../../config/config.ts'
import { issuerOf } from '../../config/missing-variables.ts'
import type { ClerkDirectory } from '../../domains/users/index.ts'
import { type Check, type CheckedService, type Finding, failed, ok, warning } from './finding.ts'

const timeoutMs = 5_000
const service: CheckedService = {
  name: 'Clerk',
  todo: 'This does not mean that a key is wrong. Check the network and https://status.clerk.com, then run the doctor again.',
}

export interface ClerkCheckInput {
  readonly clerk: ClerkConfig
  readonly directory: ClerkDirectory | null
  readonly publishableKey: string | undefined
  readonly isProduction: boolean
}

/**
 * Checks the secret key by counting users, the keys that verify tokens, and whether issuer and publishable key belong to
 * one instance.
 */
export function checkClerk({ clerk, directory, publishableKey, isProduction }: ClerkCheckInput): Check[] {
  const keyTodo = 'Copy CLERK_SECRET_KEY again: dashboard, API keys.'
  const { secretKey } = clerk
  return [
    {
      what: 'Clerk secret key',
      todo: keyTodo,
      service,
      run: async () => [await checkSecretKey(directory, { isTest: secretKey?.startsWith('sk_test_'), isProduction })],
    },
    {
      what: 'Clerk signing keys',
      todo: `Copy CLERK_SECRET_KEY and CLERK_ISSUER (${clerk.issuer}) from the same instance: dashboard, API keys.`,
      service: {
        ...service,
        todo: `Check that CLERK_ISSUER (${clerk.issuer}) is the Frontend API URL. ${service.todo}`,
      },
      run: () => checkSigningKeys(clerk),
    },
    {
      what: 'Clerk publishable key',
      todo: '',
      run: async () => [checkPublishableKey({ publishableKey, clerk })],
    },
  ]
}

async function checkSecretKey(
  directory: ClerkDirectory | null,
  { isTest, isProduction }: { isTest: boolean | undefined; isProduction: boolean },
): Promise<Finding> {
  const what = 'Clerk secret key'
  if (!directory) {
    return warning(
      what,
      'CLERK_SECRET_KEY is not set: user data comes from session tokens only',
      'Set it to synchronise users with Clerk.',
    )
  }
  const about = `works, ${(await directory.countUsers()).toLocaleString('en')} users`
  if (!isTest || !isProduction) return ok(what, about)
  return warning(what, `${about}, of a development instance`, "Use the production instance's keys, sk_live_….")
}

const publishedKeys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).nonempty() })

/** The keys that verify tokens must be among those that the issuer publishes; otherwise every token is refused. */
async function checkSigningKeys({ jwtKey, secretKey = '', apiUrl, issuer }: ClerkConfig): Promise<readonly Finding[]> {
  const what = 'Clerk signing keys'
  const own = jwtKey === undefined ? null : modulusOfPem(jwtKey)
  if (own === undefined) {
    return [failed(what, 'CLERK_JWT_KEY cannot be parsed', 'Copy it again: dashboard, API keys, JWKS public key.')]
  }
  // No key has this id, so the keys are always fetched.
  if (own === null) await createSigningKeys({ secretKey, apiUrl }).find('doctor', new Date())
  const response = await fetch(`${issuer}/.well-known/jwks.json`, { signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new Error(`${issuer}/.well-known/jwks.json answered ${response.status}`)
  const { keys } = publishedKeys.parse(await response.json())
  if (own === null) return [ok(what, `${keys.length} of ${issuer}, fetched with the secret key`)]
  if (keys.some((key) => (key as JsonWebKey).n === own)) return [ok(what, `CLERK_JWT_KEY belongs to ${issuer}`)]
  return [
    failed(
      what,
      `CLERK_JWT_KEY does not belong to ${issuer}`,
      'Copy both from the same instance: dashboard, API keys.',
    ),
  ]
}

function modulusOfPem(pem: string): string | undefined {
  try {
    return createPublicKey(pem).export({ format: 'jwk' }).n
  } catch {
    return undefined
  }
}

function checkPublishableKey({
  publishableKey,
  clerk: { issuer, secretKey },
}: Pick<ClerkCheckInput, 'publishableKey' | 'clerk'>): Finding {
  const what = 'Clerk publishable key'
  if (publishableKey === undefined) return ok(what, 'not set; the server does not need it')
  const own = issuerOf(publishableKey)
  const todo = 'Copy all keys from the same instance: dashboard, API keys.'
  if (own !== issuer) return failed(what, `it is for ${own ?? 'no issuer'}, not for ${issuer}`, todo)
  const kind = publishableKey.split('_')[1]
  if (secretKey !== undefined && secretKey.split('_')[1] !== kind) {
    return failed(what, 'it and CLERK_SECRET_KEY belong to different instances', todo)
  }
  return ok(what, `matches ${issuer}`)
}
