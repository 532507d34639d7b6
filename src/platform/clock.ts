/** The present instant. Passed in everywhere, so that tests and reminders need no sleeping. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()
