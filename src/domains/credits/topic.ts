/** The notification topic of a user's wallet. */
export function walletTopic(userId: string): string {
  return `wallet:${userId}`
}
