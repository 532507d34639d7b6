import { captions } from './captions.ts'
import { slideshow } from './slideshow.ts'
import type { Template } from './template.ts'
import { waveform } from './waveform.ts'

/** In the order in which users see them. */
export const templates: readonly Template[] = [waveform, captions, slideshow]

/** Throws where there is no such template. */
export function findTemplate(key: string): Template {
  const template = templates.find((one) => one.key === key)
  if (!template) throw new Error(`There is no video template "${key}".`)
  return template
}
