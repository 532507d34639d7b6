import type { SettingGroup } from '../setting.ts'
import { wholeNumber } from '../value-schemas.ts'

const concurrency = wholeNumber(0, 1_000)

/** Jobs run in lanes, so that jobs of minutes do not delay jobs of milliseconds. */
export const jobs = {
  title: 'Jobs',
  settings: {
    JOB_CONCURRENCY_DEFAULT: {
      schema: concurrency,
      default: '4',
      secret: false,
      description:
        'How many jobs of the lane `default`, the short ones, this process runs at once. 0: this process runs no jobs of this lane.',
    },
    JOB_CONCURRENCY_FILES: {
      schema: concurrency,
      default: '1',
      secret: false,
      description:
        'The same for the lane `files`: jobs that read or write large files, such as recordings and exports.',
    },
    JOB_CONCURRENCY_RENDER: {
      schema: concurrency,
      default: '1',
      secret: false,
      description: 'The same for the lane `render`: jobs that render videos.',
    },
    JOB_CONCURRENCY_SEND: {
      schema: concurrency,
      default: '32',
      secret: false,
      description: 'The same for the lane `send`: jobs that send messages, and mostly wait for a provider.',
    },
    JOB_CONCURRENCY_REPLIES: {
      schema: concurrency,
      default: '32',
      secret: false,
      description: 'The same for the lane `replies`: jobs that wait for the reply of a language model.',
    },
  },
} as const satisfies SettingGroup
