import { serviceKey } from '../../platform/services.ts'
import type { Usage } from './create-usage.ts'

export interface UsageServices extends Usage {
  /** How many bytes all users together may store, where the operator set a limit. */
  readonly storageBytesLimit: number | undefined
}

export const usage = serviceKey<UsageServices>('usage')
