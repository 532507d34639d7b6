import { DomainError, ProviderUnavailable } from '../../platform/errors.ts'
import { describeStore } from './subscriptions/describe-store.ts'

/** Only the store where the subscription was bought can cancel it. */
export class ManagedElsewhere extends DomainError {
  readonly code = 'MANAGED_ELSEWHERE'
  readonly managementUrl: string | null

  constructor(store: string | null, managementUrl: string | null) {
    const { name, managementUrl: storeUrl } = describeStore(store)
    const where = managementUrl ?? storeUrl
    super(
      `This subscription is managed by ${name}. Cancel it there${where === null ? '' : `: ${where}`}, then try again.`,
    )
    this.managementUrl = where
  }
}

/** The web checkout is not configured on this server. */
export class WebCheckoutUnavailable extends ProviderUnavailable {
  constructor() {
    super('The web checkout')
    this.message = 'Purchases on the web are not available on this server. Buy the product in the app.'
  }
}
