import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { TemplateUnavailable, VideoState } from '../errors.ts'

builder.objectType(TemplateUnavailable, {
  name: 'TemplateUnavailableError',
  description: 'The template needs a setting that this server does not have. Choose another one.',
  interfaces: [ErrorInterface],
  fields: errorFields<TemplateUnavailable>('TEMPLATE_UNAVAILABLE'),
})

builder.objectType(VideoState, {
  name: 'VideoStateError',
  description: 'The status of the video does not allow this.',
  interfaces: [ErrorInterface],
  fields: errorFields<VideoState>('VIDEO_STATE'),
})
