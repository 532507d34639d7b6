import { DomainError } from '../../platform/errors.ts'
import { videoMessages } from './messages.ts'

/** The template needs a setting that this server does not have. */
export class TemplateUnavailable extends DomainError {
  readonly code = 'TEMPLATE_UNAVAILABLE'

  /** @param setting the environment variable that is missing, or the filters of ffmpeg */
  constructor(template: string, setting: string) {
    super(videoMessages.templateUnavailable({ template, setting }))
  }
}

/** The state of the video does not allow the change. */
export class VideoState extends DomainError {
  readonly code = 'VIDEO_STATE'
}
