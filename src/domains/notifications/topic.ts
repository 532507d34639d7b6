/** The topic of the signals that a user has new notifications. */
export function inboxTopic(userId: string): string {
  return `inbox:${userId}`
}
