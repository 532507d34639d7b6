import type { Settings } from '../../config/config.ts'
import type { SampleDelivery } from '../../dev/samples/sample-delivery.ts'

/** The options of `webhooks send`. */
export interface SendInput {
  readonly email: string
  readonly id?: string
  readonly product?: string
  readonly transaction?: string
  readonly reason?: string
  readonly to?: string
  readonly url?: string
}

/** Creates sample events of a provider. */
export interface Samples {
  readonly path: string
  make(settings: Settings, sample: SendInput & { readonly type: string; readonly now: Date }): Promise<SampleDelivery>
  /** A GraphQL query that shows the effect of the event; null if there is none. */
  query(type: string, input: SendInput): string | null
}
