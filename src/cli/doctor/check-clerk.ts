import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { createSigningKeys } from '../../adapters/clerk/signing-keys.ts'
import type { ClerkConfig } from '../../config/config.ts'
import { issuerOf } from '../../config/missing-variables.ts'
import type { ClerkDirectory } from '../../domains/users/index.ts'
import { type Asked, type Check, type Finding, failed, ok, warning } from './finding.ts'

const answerMs = 5_000
const asks: Asked = {
  name: 'Clerk',
  todo: 'No key is wrong by that. Check the way there and https://status.clerk.com; then run it again.',
}

export interface ClerkParts {
  readonly clerk: ClerkConfig
  readonly directory: ClerkDirectory | null
  readonly publishableKey: string | undefined
  readonly isProduction: boolean
}

/** The secret key by a count of people, the keys that verify tokens, and whether issuer and publishable key fit. */
export function checkClerk({ clerk, directory, publishableKey, isProduction }: ClerkParts): Check[] {
  const keyTodo = 'Copy CLERK_SECRET_KEY anew: dashboard, API keys.'
  const { secretKey } = clerk
  return [
    {
      what: 'Clerk secret key',
      todo: keyTodo,
      asks,
      run: async () => [await checkSecretKey(directory, { isTest: secretKey?.startsWith('sk_test_'), isProduction })],
    },
    {
      what: 'Clerk signing keys',
      todo: `Copy CLERK_SECRET_KEY and CLERK_ISSUER, ${clerk.issuer}, from one instance: dashboard, API keys.`,
      asks: { ...asks, todo: `See that CLERK_ISSUER, ${clerk.issuer}, is the Frontend API address. ${asks.todo}` },
      run: () => checkSigningKeys(clerk),
    },
    {
      what: 'Clerk publishable key',
      todo: '',
      run: async () => [judgePublishableKey({ publishableKey, clerk })],
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
      'CLERK_SECRET_KEY is not set: people are known by their tokens only',
      'Set it to sync with Clerk.',
    )
  }
  const about = `works, ${(await directory.countUsers()).toLocaleString('en')} people`
  if (!isTest || !isProduction) return ok(what, about)
  return warning(what, `${about}, of a development instance`, "Use the production instance's keys, sk_live_….")
}

const published = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).nonempty() })

/** What verifies tokens here must be what the issuer publishes, or every token is refused. */
async function checkSigningKeys({ jwtKey, secretKey = '', apiUrl, issuer }: ClerkConfig): Promise<readonly Finding[]> {
  const what = 'Clerk signing keys'
  const own = jwtKey === undefined ? null : modulusOfPem(jwtKey)
  if (own === undefined) {
    return [failed(what, 'CLERK_JWT_KEY cannot be read', 'Copy it anew: dashboard, API keys, JWKS public key.')]
  }
  // An id that nobody has: the keys are fetched, and it is not among them.
  if (own === null) await createSigningKeys({ secretKey, apiUrl }).find('doctor', new Date())
  const response = await fetch(`${issuer}/.well-known/jwks.json`, { signal: AbortSignal.timeout(answerMs) })
  if (!response.ok) throw new Error(`${issuer}/.well-known/jwks.json answered ${response.status}`)
  const { keys } = published.parse(await response.json())
  if (own === null) return [ok(what, `${keys.length} of ${issuer}, fetched with the secret key`)]
  if (keys.some((key) => (key as JsonWebKey).n === own)) return [ok(what, `CLERK_JWT_KEY is of ${issuer}`)]
  return [failed(what, `CLERK_JWT_KEY is none of ${issuer}`, 'Copy both from one instance: dashboard, API keys.')]
}

function modulusOfPem(pem: string): string | undefined {
  try {
    return createPublicKey(pem).export({ format: 'jwk' }).n
  } catch {
    return undefined
  }
}

function judgePublishableKey({
  publishableKey,
  clerk: { issuer, secretKey },
}: Pick<ClerkParts, 'publishableKey' | 'clerk'>): Finding {
  const what = 'Clerk publishable key'
  if (publishableKey === undefined) return ok(what, 'not set; the server does not need it')
  const own = issuerOf(publishableKey)
  const todo = 'Copy all of them from one instance: dashboard, API keys.'
  if (own !== issuer) return failed(what, `it is for ${own ?? 'no issuer'}, not for ${issuer}`, todo)
  const kind = publishableKey.split('_')[1]
  if (secretKey !== undefined && secretKey.split('_')[1] !== kind) {
    return failed(what, 'it and CLERK_SECRET_KEY are of two instances', todo)
  }
  return ok(what, `fits ${issuer}`)
}
