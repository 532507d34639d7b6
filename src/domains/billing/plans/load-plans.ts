import { ConfigError } from '../../../config/config.ts'
import type { Plans } from './plans.ts'
import { readPlans } from './read-plans.ts'

/** Reads PLANS_FILE, or plans.json beside this module. Throws a ConfigError with all problems. */
export function loadPlans(file: string | undefined): Plans {
  const { plans, problems } = readPlans(file)
  if (plans === null) throw new ConfigError(problems)
  return plans
}
