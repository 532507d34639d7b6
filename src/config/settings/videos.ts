import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { apiKey, httpUrl } from '../value-schemas.ts'

/** What renders videos. The templates of videos whose keys are not set are unavailable; the others work. */
export const videos = {
  title: 'Videos',
  settings: {
    FFMPEG_PATH: {
      schema: z.string(),
      secret: false,
      description:
        'The path of ffmpeg, version 5 or later, which renders videos. Not set: the ffmpeg on the PATH; in development without one, the older build that npm installs.',
    },
    GROQ_API_KEY: {
      schema: apiKey,
      secret: true,
      description:
        'gsk_… (console.groq.com, API Keys). Transcribes audio. Not set: templates that need a transcript are unavailable, unless the user sends one.',
    },
    GROQ_API_URL: {
      schema: httpUrl,
      default: 'https://api.groq.com/openai/v1',
      secret: false,
      description: "The URL of Groq's API, with its version. Tests set another one.",
    },
    GOOGLE_API_KEY: {
      schema: apiKey,
      secret: true,
      description:
        'A key of the Gemini API (aistudio.google.com, API keys). Chooses what the pictures of a video show. Not set: a language model at Groq chooses, with GROQ_API_KEY.',
    },
    GOOGLE_API_URL: {
      schema: httpUrl,
      default: 'https://generativelanguage.googleapis.com/v1beta',
      secret: false,
      description: 'The URL of the Gemini API, with its version. Tests set another one.',
    },
    PEXELS_API_KEY: {
      schema: apiKey,
      secret: true,
      description:
        'A key of Pexels (pexels.com/api). Finds pictures; 200 searches an hour and 20,000 a month are counted over all processes. Not set: templates with pictures are unavailable.',
    },
    PEXELS_API_URL: {
      schema: httpUrl,
      default: 'https://api.pexels.com',
      secret: false,
      description: "The URL of Pexels' API. Tests set another one.",
    },
  },
} as const satisfies SettingGroup
