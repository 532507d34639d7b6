/** The topic of changes to a user's subscriptions. */
export function planTopic(userId: string): string {
  return `plan:${userId}`
}
