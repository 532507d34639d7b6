import { getFitGarminProductDisplayName } from 'fit-file-parser'
import { textOf } from './measured.ts'

/** Not companies: what FIT calls makers that it does not know. */
const NOBODY = new Set(['development', 'invalid'])
/** Names that are not simply their words with capitals. */
const SPELLED = new Map([
  ['srm', 'SRM'],
  ['coros', 'COROS'],
  ['polar_electro', 'Polar'],
  ['wahoo_fitness', 'Wahoo'],
  ['tomtom', 'TomTom'],
])

/**
 * The device in people's words from a file_id or device_info message: 'Garmin Fenix 2'. The name the file gives wins
 * over the profile's, which knows Garmin's products only. Null when neither maker nor product is known.
 */
export function deviceName(message: Readonly<Record<string, unknown>> | undefined): string | null {
  if (message === undefined) return null
  const maker = typeof message.manufacturer === 'string' ? message.manufacturer : null
  const product = textOf(message.product_name) ?? (maker === 'garmin' ? garminProduct(message.product) : null)
  const makerName = maker === null || NOBODY.has(maker) ? null : (SPELLED.get(maker) ?? capitalized(maker))
  if (makerName === null || product?.toLowerCase().startsWith(makerName.toLowerCase())) return product
  return textOf(product === null ? makerName : `${makerName} ${product}`)
}

function garminProduct(id: unknown): string | null {
  return typeof id === 'number' ? getFitGarminProductDisplayName(id) : null
}

function capitalized(name: string): string {
  return name.replace(/_/g, ' ').replace(/\b\p{Ll}/gu, (letter) => letter.toUpperCase())
}
