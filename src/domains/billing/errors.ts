import { DomainError, ProviderUnavailable } from '../../platform/errors.ts'
import { billingMessages } from './messages.ts'
import { describeStore } from './subscriptions/describe-store.ts'

/** Only the store where the subscription was bought can cancel it. */
export class ManagedElsewhere extends DomainError {
  readonly code = 'MANAGED_ELSEWHERE'
  readonly managementUrl: string | null

  constructor(store: string | null, managementUrl: string | null) {
    const { name, managementUrl: storeUrl } = describeStore(store)
    const url = managementUrl ?? storeUrl
    super(
      url === null
        ? billingMessages.managedElsewhere({ store: name })
        : billingMessages.managedAt({ store: name, url }),
    )
    this.managementUrl = url
  }
}

/** The web checkout is not configured on this server. */
export class WebCheckoutUnavailable extends ProviderUnavailable {
  constructor() {
    super('RevenueCat', { text: billingMessages.webCheckoutUnavailable() })
  }
}
