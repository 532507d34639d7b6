const reasons = {
  removed: 'it was deleted or never created',
  replaced: 'a newer attempt has begun',
  ended: 'it has ended',
  full: 'its text has reached the largest size',
} as const

/** The writer can append no more and has to stop: repeating the call fails in the same way. */
export class StreamClosed extends Error {
  override readonly name = 'StreamClosed'
  readonly reason: keyof typeof reasons

  constructor(streamId: string, reason: keyof typeof reasons) {
    super(`Stream ${streamId} does not accept this write: ${reasons[reason]}.`)
    this.reason = reason
  }
}
