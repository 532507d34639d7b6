import type { Settings } from '../../config/config.ts'
import type { SampleDelivery } from '../../dev/samples/sample-delivery.ts'

/** What `webhooks send` takes. */
export interface SendWish {
  readonly email: string
  readonly id?: string
  readonly product?: string
  readonly transaction?: string
  readonly reason?: string
  readonly to?: string
  readonly url?: string
}

/** How a provider's samples are made. */
export interface Samples {
  readonly path: string
  make(settings: Settings, sample: SendWish & { readonly type: string; readonly now: Date }): Promise<SampleDelivery>
  /** What to look at when it was taken, besides the event itself; null for nothing. */
  query(type: string, wish: SendWish): string | null
}
