import type { ClerkConfig } from '../../config/config.ts'
import { oneLine } from '../terminal/one-line.ts'
import type { UntrustedToken } from './read-jwt.ts'

/** What the library allows for clocks that differ. */
const leewaySeconds = 5

/** Why the server refuses a token, as far as the token itself tells; none where only its signature can be wrong. */
export function reasonsAgainst({ header, claims }: UntrustedToken, clerk: ClerkConfig, now: Date): string[] {
  const { iss, azp, sub, sts, exp, nbf } = claims
  const seconds = now.getTime() / 1_000
  const reasons = [
    header.alg !== 'RS256' && `it is signed by ${said(header.alg)}; Clerk signs by RS256`,
    typeof exp !== 'number' && 'it never expires: it has no exp',
    typeof exp === 'number' && exp <= seconds && 'it has expired: the front end must get a fresh one for each request',
    typeof nbf === 'number' && nbf > seconds + leewaySeconds && 'it is not valid yet: a clock is wrong, ours or theirs',
    iss !== clerk.issuer && `its issuer is ${said(iss)}, and CLERK_ISSUER is ${clerk.issuer}: another Clerk instance`,
    azp === undefined &&
      clerk.requireAuthorizedParty &&
      'it names no authorized party (azp); CLERK_REQUIRE_AZP=false takes such tokens, as native apps send them',
    azp !== undefined &&
      !clerk.authorizedParties.some((party) => party === azp) &&
      `it was made for ${said(azp)}, and CLERK_AUTHORIZED_PARTIES has ${clerk.authorizedParties.join(', ')}`,
    sts === 'pending' && 'its session is pending: a second factor or a chosen organisation is missing',
    (typeof sub !== 'string' || !/^[\w-]{1,128}$/.test(sub)) && 'it says of no person: sub is no Clerk id',
  ]
  return reasons.filter((reason) => reason !== false)
}

const said = (value: unknown) => (typeof value === 'string' ? oneLine(value, 200) : 'not named')
