import { builder } from '../../../graphql/builder.ts'

export const ActivityStatus = builder.enumType('ActivityStatus', {
  description: 'How far an activity has come.',
  values: {
    AWAITING_FILE: { description: 'Its file has not arrived.' },
    PROCESSING: { description: 'Its file arrived and is being read.' },
    READY: { description: 'Read whole.' },
    FAILED: { description: 'The file could not be read; `failure` says why.' },
  } as const,
})

export const Sport = builder.enumType('Sport', {
  description: 'Which sport.',
  values: {
    RUNNING: { description: 'On foot, running.' },
    CYCLING: { description: 'By bicycle, indoors too.' },
    SWIMMING: { description: 'In water.' },
    WALKING: { description: 'On foot, walking.' },
    HIKING: { description: 'On foot, in nature.' },
    ROWING: { description: 'In a boat or on a machine.' },
    STRENGTH: { description: "With weights or the body's own." },
    OTHER: { description: 'Anything else, or unknown.' },
  } as const,
})
