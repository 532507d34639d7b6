import type { Environment } from './env.ts'
import { r2 } from './settings/r2.ts'
import { allSettings, type NamedSetting, type SettingName } from './settings.ts'

/**
 * A sentence for each variable that is needed and not set: in production every required variable, in development the rest
 * of a group of which some are set.
 */
export function missingVariables(environment: Environment, { isProduction }: { isProduction: boolean }): string[] {
  const problems = isProduction ? missingRequired(environment).map(missing) : missingOfStartedGroups(environment)
  return [...problems, ...missingOfRevenueCat(environment)]
}

/** A publishable key is `pk_test_` or `pk_live_` followed by the base64 of the Frontend API's host and a `$`. */
export function issuerOf(publishableKey: string | undefined): string | undefined {
  const host = Buffer.from(publishableKey?.split('_')[2] ?? '', 'base64')
    .toString('latin1')
    .replace(/\$$/, '')
  return /^[a-z0-9.-]+$/i.test(host) ? `https://${host}` : undefined
}

function missing({ name, description }: NamedSetting): string {
  return `${name} is missing. ${description}`
}

/** The endpoint replaces the account, the publishable key contains the issuer. */
function isReplaced(name: SettingName, environment: Environment): boolean {
  if (name === 'R2_ACCOUNT_ID') return environment.R2_ENDPOINT !== undefined
  if (name === 'CLERK_ISSUER') return issuerOf(environment.CLERK_PUBLISHABLE_KEY) !== undefined
  return false
}

/** The required variables that are not set. */
function missingRequired(environment: Environment): NamedSetting[] {
  return allSettings.filter(
    ({ name, requiredInProduction }) =>
      requiredInProduction && environment[name] === undefined && !isReplaced(name, environment),
  )
}

/** Variables that have no effect without another one. */
const revenueCatNeeds = [
  ['REVENUECAT_API_KEY_V2', 'REVENUECAT_PROJECT_ID'],
  ['REVENUECAT_PROJECT_ID', 'REVENUECAT_API_KEY_V2'],
  ['REVENUECAT_WEB_PURCHASE_LINK', 'REVENUECAT_API_KEY'],
] as const satisfies readonly [SettingName, SettingName][]

function missingOfRevenueCat(environment: Environment): string[] {
  return revenueCatNeeds
    .filter(([name, needed]) => environment[name] !== undefined && environment[needed] === undefined)
    .map(([name, needed]) => `${needed} is missing while ${name} is set.`)
}

/** Development embeds a group of which no variable is set; a group of which some are set must be complete. */
function missingOfStartedGroups(environment: Environment): string[] {
  const problems: string[] = []
  const required = missingRequired(environment)
  if (allSettings.some(({ name, group }) => group === r2.title && environment[name] !== undefined)) {
    problems.push(...required.filter(({ group }) => group === r2.title).map(missing))
  }
  const { CLERK_JWT_KEY, CLERK_SECRET_KEY, CLERK_ISSUER, CLERK_PUBLISHABLE_KEY } = environment
  if (CLERK_JWT_KEY ?? CLERK_SECRET_KEY ?? CLERK_ISSUER ?? CLERK_PUBLISHABLE_KEY) {
    problems.push(...required.filter(({ name }) => name === 'CLERK_ISSUER').map(missing))
    if (!CLERK_JWT_KEY && !CLERK_SECRET_KEY) {
      problems.push('CLERK_JWT_KEY or CLERK_SECRET_KEY is missing. One of them must verify session tokens.')
    }
  }
  if (environment.DIRECT_URL && !environment.DATABASE_URL) {
    problems.push('DATABASE_URL is missing while DIRECT_URL is set.')
  }
  return problems
}
