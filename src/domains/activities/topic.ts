/** The topic of hints that an activity, or what hangs on it, changed. */
export function activityTopic(activityId: string): string {
  return `activity:${activityId}`
}
