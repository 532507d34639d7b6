import { builder } from '../../../graphql/builder.ts'

export const ActivityStatus = builder.enumType('ActivityStatus', {
  description: 'The status of an activity.',
  values: {
    AWAITING_FILE: { description: 'The file has not arrived yet.' },
    PROCESSING: { description: 'The file has arrived and is being read.' },
    READY: { description: 'The file was read completely.' },
    FAILED: { description: 'The file could not be read. `failure` contains the reason.' },
  } as const,
})

export const Sport = builder.enumType('Sport', {
  description: 'A sport.',
  values: {
    RUNNING: { description: 'Running.' },
    CYCLING: { description: 'Cycling, outdoors or indoors.' },
    SWIMMING: { description: 'Swimming.' },
    WALKING: { description: 'Walking.' },
    HIKING: { description: 'Hiking.' },
    ROWING: { description: 'Rowing, in a boat or on a machine.' },
    STRENGTH: { description: 'Strength training, with weights or body weight.' },
    OTHER: { description: 'Any other sport, or unknown.' },
  } as const,
})
