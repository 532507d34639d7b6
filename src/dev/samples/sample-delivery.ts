/** A sample webhook delivery of a provider. */
export interface SampleDelivery {
  readonly eventId: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}
