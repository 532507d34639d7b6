import type { ClerkConfig } from '../../config/config.ts'
import { oneLine } from '../terminal/one-line.ts'
import type { UntrustedToken } from './read-jwt.ts'

/** The clock difference that the server tolerates. */
const leewaySeconds = 5

/** Why the server refuses a token, judging by its claims. Empty if only the signature can be invalid. */
export function refusalReasons({ header, claims }: UntrustedToken, clerk: ClerkConfig, now: Date): string[] {
  const { iss, azp, sub, sid, act, sts, exp, nbf, iat } = claims
  const { requireSession = true } = clerk
  const seconds = now.getTime() / 1_000
  const reasons = [
    header.alg !== 'RS256' && `it is signed by ${textOf(header.alg)}; Clerk signs by RS256`,
    header.crit !== undefined && 'its header requires an extension (crit), and none is supported',
    typeof exp !== 'number' && 'it never expires: it has no exp',
    typeof exp === 'number' &&
      exp + leewaySeconds <= seconds &&
      'it has expired: the front end must get a new one for each request',
    typeof nbf === 'number' &&
      nbf > seconds + leewaySeconds &&
      "it is not valid yet: this machine's clock or Clerk's is wrong",
    typeof iat === 'number' &&
      iat > seconds + leewaySeconds &&
      "it was issued in the future: this machine's clock or Clerk's is wrong",
    iss !== clerk.issuer && `its issuer is ${textOf(iss)}, and CLERK_ISSUER is ${clerk.issuer}: another Clerk instance`,
    !azp &&
      clerk.requireAuthorizedParty &&
      'it has no authorized party (azp); CLERK_REQUIRE_AZP=false accepts such tokens, as native apps send them',
    Boolean(azp) &&
      !clerk.authorizedParties.some((party) => party === azp) &&
      `it was issued for ${textOf(azp)}, and CLERK_AUTHORIZED_PARTIES has ${clerk.authorizedParties.join(', ')}`,
    !sid &&
      requireSession &&
      'it has no session (sid), as tokens of JWT templates; CLERK_REQUIRE_SID=false accepts such tokens',
    Boolean(act) &&
      clerk.impersonation === 'refuse' &&
      'an operator impersonates the user (act); CLERK_IMPERSONATION=read accepts such tokens',
    sts === 'pending' && 'its session is pending: a second factor or a chosen organisation is missing',
    (typeof sub !== 'string' || !/^user_\w{1,123}$/.test(sub)) && 'it names no user: sub is not a Clerk id',
  ]
  return reasons.filter((reason) => reason !== false)
}

const textOf = (value: unknown) => (typeof value === 'string' ? oneLine(value, 200) : 'missing')
