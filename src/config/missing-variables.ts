import type { Environment } from './env.ts'
import { type Variable, type VariableName, variables } from './variables.ts'

/** What is not set and is needed: all of it in production, in development what a group that was begun lacks. */
export function missingVariables(environment: Environment): string[] {
  const isProduction = environment.NODE_ENV === 'production'
  const problems = isProduction ? missingInProduction(environment) : missingOfStartedGroups(environment)
  return [...problems, ...missingOfRevenueCat(environment)]
}

/** A publishable key is 'pk_test_' or 'pk_live_' and the base64 of the frontend API's host and a '$'. */
export function issuerOf(publishableKey: string | undefined): string | undefined {
  const host = Buffer.from(publishableKey?.split('_')[2] ?? '', 'base64')
    .toString('latin1')
    .replace(/\$$/, '')
  return /^[a-z0-9.-]+$/i.test(host) ? `https://${host}` : undefined
}

function missing(variable: Variable): string {
  return `${variable.name} is missing. ${variable.about}`
}

/** One variable may stand for another: the endpoint for the account, the publishable key for the issuer. */
function isCovered(name: string, environment: Environment): boolean {
  if (name === 'R2_ACCOUNT_ID') return environment.R2_ENDPOINT !== undefined
  if (name === 'CLERK_ISSUER') return issuerOf(environment.CLERK_PUBLISHABLE_KEY) !== undefined
  return false
}

function missingOf(group: string | null, environment: Environment): Variable[] {
  return (variables as readonly Variable[]).filter(
    (variable) =>
      variable.required &&
      (group === null || variable.group === group) &&
      environment[variable.name as VariableName] === undefined &&
      !isCovered(variable.name, environment),
  )
}

function missingInProduction(environment: Environment): string[] {
  return missingOf(null, environment).map(missing)
}

/** What needs another variable to be of any use. */
const revenueCatNeeds = [
  ['REVENUECAT_API_KEY_V2', 'REVENUECAT_PROJECT_ID'],
  ['REVENUECAT_PROJECT_ID', 'REVENUECAT_API_KEY_V2'],
  ['REVENUECAT_WEB_PURCHASE_LINK', 'REVENUECAT_API_KEY'],
] as const satisfies readonly [VariableName, VariableName][]

function missingOfRevenueCat(environment: Environment): string[] {
  return revenueCatNeeds
    .filter(([name, needed]) => environment[name] !== undefined && environment[needed] === undefined)
    .map(([name, needed]) => `${needed} is missing while ${name} is set.`)
}

function missingVerification({ CLERK_JWT_KEY, CLERK_SECRET_KEY }: Environment): string[] {
  if (CLERK_JWT_KEY || CLERK_SECRET_KEY) return []
  return ['CLERK_JWT_KEY or CLERK_SECRET_KEY is missing: one of them must verify session tokens.']
}

/** In development a group is embedded when nothing of it is set; one that is begun must be whole. */
function missingOfStartedGroups(environment: Environment): string[] {
  const problems: string[] = []
  const isR2Begun = variables.some((variable) => variable.group === 'R2' && environment[variable.name] !== undefined)
  if (isR2Begun) problems.push(...missingOf('R2', environment).map(missing))
  const { CLERK_JWT_KEY, CLERK_SECRET_KEY, CLERK_ISSUER, CLERK_PUBLISHABLE_KEY } = environment
  if (CLERK_JWT_KEY ?? CLERK_SECRET_KEY ?? CLERK_ISSUER ?? CLERK_PUBLISHABLE_KEY) {
    const issuer = missingOf('Clerk', environment).filter((variable) => variable.name === 'CLERK_ISSUER')
    problems.push(...issuer.map(missing), ...missingVerification(environment))
  }
  if (environment.DIRECT_URL && !environment.DATABASE_URL) {
    problems.push('DATABASE_URL is missing while DIRECT_URL is set.')
  }
  return problems
}
