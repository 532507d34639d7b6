/** The topic of a person's wallet. */
export function walletTopic(userId: string): string {
  return `wallet:${userId}`
}
