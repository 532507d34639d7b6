import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { wholeNumber } from '../value-schemas.ts'

export const credits = {
  title: 'Credits and plans',
  settings: {
    SIGNUP_CREDITS: {
      schema: wholeNumber(0, 1_000_000),
      default: '100',
      secret: false,
      property: 'signUpCredits',
      description:
        'How many credits a new user gets, once an email address or phone number is verified at Clerk that had none in twelve months. 0: none.',
    },
    PLANS_FILE: {
      schema: z.string(),
      secret: false,
      property: 'plansFile',
      description:
        'A JSON file of plans, limits and products, checked when the program starts. Product ids differ per deployment. Not set: src/domains/billing/plans/plans.json, an example.',
    },
  },
} as const satisfies SettingGroup
