import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { IdempotencyConflict, NotFound } from '../../../platform/errors.ts'
import { InsufficientCredits } from '../../credits/index.ts'
import { QuotaExceeded } from '../../usage/index.ts'
import { retryVideo } from '../commands/retry-video.ts'
import { TemplateUnavailable, VideoState } from '../errors.ts'
import { videos } from '../services.ts'
import { VideoNode } from './video.ts'

const RetryVideoInput = builder.inputType('RetryVideoInput', {
  description: 'The video to make again.',
  fields: (t) => ({
    videoId: t.id({ required: true, description: "The video's global ID." }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for each new request. The same key has no further effect for 24 hours.',
    }),
  }),
})

const RetryVideoPayload = builder.objectRef<{ readonly video: Video }>('RetryVideoPayload').implement({
  description: 'Returned when the new attempt was requested.',
  fields: (t) => ({
    video: t.expose('video', { type: VideoNode, description: 'The video, which waits in the queue.' }),
  }),
})

builder.mutationField('retryVideo', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: RetryVideoPayload,
    nullable: true,
    rate: perHour(200),
    description:
      'Makes a finished video again, in a new attempt that costs its credits again. Only steps that have no result yet are repeated. The files of an earlier attempt remain until the new ones are ready.',
    errors: {
      types: [NotFound, VideoState, TemplateUnavailable, InsufficientCredits, QuotaExceeded, IdempotencyConflict],
      union: { description: 'The video or an error.' },
    },
    args: { input: t.arg({ type: RetryVideoInput, required: true, description: 'The video to make again.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const videoId = parseInputId('Video', input.videoId, 'videoId')
      return { video: await retryVideo(services(videos), viewer, { videoId, idempotencyKey: input.idempotencyKey }) }
    },
  }),
)
