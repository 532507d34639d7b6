/** The topic of the notifications that a person may have been banned or deleted. */
export function standingTopic(userId: string): string {
  return `user-standing:${userId}`
}
