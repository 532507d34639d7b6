import type { Video } from '../../generated/prisma/client.ts'
import { defineMessages, text } from '../../platform/messages/message.ts'
import { defaultOrder, defineNotificationType, type NewNotification } from '../notifications/index.ts'

/** They are stored: a key that a release has used keeps its meaning and values. */
const messages = defineMessages({
  readyTitle: text('Your video is ready.', '동영상이 준비되었습니다.'),
  readyBody: text<{ title: string }>('You can watch and download it: {title}.', '보고 내려받을 수 있습니다: {title}.'),
  failedTitle: text('Your video could not be made.', '동영상을 만들지 못했습니다.'),
  failedBody: text<{ title: string }>(
    'Its credits were given back. You can try again: {title}.',
    '크레딧은 돌려드렸습니다. 다시 시도할 수 있습니다: {title}.',
  ),
})

/** A video became READY or FAILED. */
export const videoFinished = defineNotificationType({
  name: 'videos.finished',
  kind: 'VIDEO_READY',
  messages,
  order: defaultOrder.filter((channel) => channel === 'PUSH'),
  waitsInQuietHours: true,
  helpsForMs: 24 * 3_600_000,
})

export const videoFinishedMessages = messages

/** Each attempt is notified once as READY and once as FAILED: a late result may follow a failure. */
export function finishedNotification(
  { id, userId, attempt, title }: Pick<Video, 'id' | 'userId' | 'attempt' | 'title'>,
  status: 'READY' | 'FAILED',
): NewNotification {
  const isReady = status === 'READY'
  return {
    userId,
    type: videoFinished,
    title: isReady ? messages.readyTitle() : messages.failedTitle(),
    body: isReady ? messages.readyBody({ title }) : messages.failedBody({ title }),
    dedupeKey: `video:${id}:${attempt}:${status}`,
  }
}
