/** Returns the current time. Passed in everywhere, so that tests need no sleeping. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()
