/** The topic of what a person subscribes to. */
export function planTopic(userId: string): string {
  return `plan:${userId}`
}
