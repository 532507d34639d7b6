import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SignJWT } from 'jose'
import { makeFolderOnce } from './embedded/make-folder-once.ts'
import { openFolder } from './embedded/open-folder.ts'

interface TokenInput {
  readonly email: string
  readonly now: Date
  readonly expiresInSeconds: number
}

export interface DevelopmentIdentity {
  /** The public key as PEM, for `jwtKey` of Clerk's `verifyToken`, so that no keys are fetched. */
  readonly jwtKey: string
  readonly issuer: string
  readonly authorizedParties: readonly string[]
  /** Its addresses count as verified, so that new users get what is given for a verified address. */
  readonly claimsAreVerified: true
  /** Signs a Clerk session token (version 2). The same e-mail address is the same user. */
  signToken(input: TokenInput): Promise<string>
}

/** Long enough for a working day. Tokens of Clerk expire after 60 seconds. */
export const developmentTokenSeconds = 12 * 60 * 60

const issuer = 'https://development.pacer.invalid'
const authorizedParty = 'http://localhost:3000'

/**
 * Replaces Clerk in development. The RSA 2048 key pair is created once in `<dataDir>/identity` (0.05 s) and kept, so that
 * tokens stay valid after a restart. The issuer has a reserved domain (.invalid), so no production server accepts them.
 */
export async function developmentIdentity(dataDir: string): Promise<DevelopmentIdentity> {
  const folder = join(await openFolder(dataDir), 'identity')
  await makeFolderOnce({ folder, requiredFile: 'private-key.pem', fill: makeKey })
  const privateKey = createPrivateKey(await readFile(join(folder, 'private-key.pem')))
  const jwtKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const kid = `ins_dev_${hex(jwtKey).slice(0, 24)}`
  return {
    jwtKey,
    issuer,
    authorizedParties: [authorizedParty],
    claimsAreVerified: true,
    signToken: ({ email, now, expiresInSeconds }) => {
      const issuedAt = Math.floor(now.getTime() / 1000)
      const address = normalize(email)
      return (
        new SignJWT({
          azp: authorizedParty,
          sid: `sess_${randomBytes(12).toString('hex')}`,
          sts: 'active',
          v: 2,
          fva: [0, -1],
          email: address,
          ...namesFrom(address),
        })
          .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
          .setIssuer(issuer)
          .setSubject(developmentClerkId(email))
          .setJti(randomBytes(10).toString('hex'))
          .setIssuedAt(issuedAt)
          // Ten seconds early, as Clerk does, to tolerate clocks that are slow.
          .setNotBefore(issuedAt - 10)
          .setExpirationTime(issuedAt + expiresInSeconds)
          .sign(privateKey)
      )
    },
  }
}

/** The Clerk id of the user with this e-mail address. */
export function developmentClerkId(email: string): string {
  return `user_dev_${hex(normalize(email)).slice(0, 24)}`
}

/** Whether it has the form of an e-mail address. */
export function isEmailAddress(text: string): boolean {
  return /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text)
}

const normalize = (email: string) => email.trim().toLowerCase()

async function makeKey(folder: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(folder, 'private-key.pem'), pem, { mode: 0o600, flag: 'wx' })
}

/** alice.smith+test@example.com is Alice Smith; alice@example.com is Alice. */
export function namesFrom(address: string): { first_name?: string; last_name?: string } {
  const [local = ''] = address.split(/[@+]/)
  const [first, ...others] = local
    .split(/[._-]+/)
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
  return { ...(first ? { first_name: first } : {}), ...(others.length > 0 ? { last_name: others.join(' ') } : {}) }
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
