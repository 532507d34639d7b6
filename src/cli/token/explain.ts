import { text } from 'node:stream/consumers'
import ms from 'ms'
import { createSessionVerifier } from '../../adapters/clerk/session-verifier.ts'
import { type ClerkConfig, readSettings, type Settings } from '../../config/config.ts'
import { readEnvironment } from '../../config/env.ts'
import type { Refusal } from '../../domains/users/index.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { lookUpRefusal } from './look-up-refusal.ts'
import { readJwt, type UntrustedToken } from './read-jwt.ts'
import { refusalReasons } from './refusal-reasons.ts'

/** Prints the claims of a token and whether the server accepts it. Throws if the server refuses it. */
export async function explain(argument: string): Promise<void> {
  if (argument === '-' && process.stdin.isTTY) process.stderr.write('Paste the token, then Enter and Ctrl-D.\n')
  const given = argument === '-' ? await text(process.stdin) : argument
  const token = given.trim().replace(/^bearer\s+/i, '')
  const unverified = readJwt(token)
  const now = new Date()
  write(renderTable(['claim', 'value', 'meaning'], rowsOf(unverified, now)))

  const settings = readSettings(readEnvironment())
  const clerk = await clerkOf(settings)
  const refusals = await refusalsOf(token, unverified, { clerk, now })
  if (refusals.length > 0) throw new Error(`The server refuses it:\n${refusals.map((why) => `  - ${why}.`).join('\n')}`)
  await refuseUnavailable(settings, unverified)
  write('The server accepts it: signature, dates, issuer and authorized party are valid.')
}

/** Throws if the account of an otherwise accepted token is banned, locked or deleted. */
async function refuseUnavailable(settings: Settings, { claims }: UntrustedToken): Promise<void> {
  const { sub, email } = claims
  const refusal = await lookUpRefusal(settings, String(sub))
  if (refusal === 'unknown') write('The state of the account is not checked: no database is configured or running.')
  else if (refusal !== null) throw new Error(await explainAccount(settings, String(email ?? sub), refusal))
}

async function explainAccount({ clerk }: Settings, account: string, refusal: Refusal): Promise<string> {
  if (clerk) {
    const remedy =
      refusal === 'deleted' ? 'The user must sign up again.' : "Change it in Clerk's dashboard under Users."
    return `The server refuses it: the account of ${oneLine(account, 200)} is ${refusal}. ${remedy}`
  }
  const { explainRefusal } = await import('../../dev/explain-refusal.ts')
  return explainRefusal(oneLine(account, 200), refusal)
}

function rowsOf({ header, claims }: UntrustedToken, now: Date): string[][] {
  const rows = [
    ...Object.entries(header).map(([name, value]) => [`header ${name}`, value] as const),
    ...Object.entries(claims),
  ]
  return rows.map(([name, value]) => [oneLine(name, 40), oneLine(textOf(value), 100), meaningOf(name, value, now)])
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const instants: ReadonlySet<string> = new Set(['iat', 'nbf', 'exp'])

/** A readable date. JavaScript dates end at 8.64e15 ms. */
function meaningOf(name: string, value: unknown, now: Date): string {
  if (!instants.has(name) || typeof value !== 'number' || !(Math.abs(value) <= 8.64e12)) return ''
  const at = new Date(value * 1_000)
  const difference = at.getTime() - now.getTime()
  const long = ms(Math.abs(difference), { long: true })
  return `${at.toISOString()}, ${difference < 0 ? `${long} ago` : `in ${long}`}`
}

/** Clerk's configuration as the server would have it with this environment. */
async function clerkOf({ clerk, dataDir }: Settings): Promise<ClerkConfig> {
  if (clerk) return clerk
  const { developmentIdentity } = await import('../../dev/identity.ts')
  return { ...(await developmentIdentity(dataDir)), requireAuthorizedParty: true, apiUrl: 'https://api.clerk.com' }
}

async function refusalsOf(
  token: string,
  unverified: UntrustedToken,
  { clerk, now }: { clerk: ClerkConfig; now: Date },
): Promise<readonly string[]> {
  try {
    await createSessionVerifier(clerk).verify(token, now)
    return []
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      throw new Error('The signature cannot be checked: the keys cannot be fetched from Clerk. Run `doctor`.', {
        cause: error,
      })
    }
    const reasons = refusalReasons(unverified, clerk, now)
    if (reasons.length > 0) return reasons
    const { kid } = unverified.header
    return [
      `no key of this Clerk instance has signed it (kid ${oneLine(textOf(kid ?? 'missing'), 60)}), or it was changed`,
    ]
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}
