/** An invented delivery as a provider's comes in. */
export interface SampleDelivery {
  readonly eventId: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}
