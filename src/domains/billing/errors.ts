import { DomainError, ProviderUnavailable } from '../../platform/errors.ts'
import { storeOf } from './store.ts'

/** Only the store where it was bought can do it. */
export class ManagedElsewhere extends DomainError {
  readonly code = 'MANAGED_ELSEWHERE'
  readonly managementUrl: string | null

  constructor(store: string | null, managementUrl: string | null) {
    const { name, address } = storeOf(store)
    const where = managementUrl ?? address
    super(
      `This subscription is managed by ${name}. Cancel it there${where === null ? '' : `: ${where}`}, then try again.`,
    )
    this.managementUrl = where
  }
}

/** There is no web checkout on this server, whatever the product. */
export class NothingSold extends ProviderUnavailable {
  constructor() {
    super('The web checkout')
    this.message = 'This server sells nothing on the web. Buy it in the app.'
  }
}
