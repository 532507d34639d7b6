/** The topic of notifications that a video changed. */
export function videoTopic(videoId: string): string {
  return `video:${videoId}`
}
