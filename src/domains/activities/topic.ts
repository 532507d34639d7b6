/** The topic of notifications that an activity, its laps, its track or its upload changed. */
export function activityTopic(activityId: string): string {
  return `activity:${activityId}`
}
