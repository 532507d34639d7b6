import { getFitGarminProductDisplayName } from 'fit-file-parser'
import { textOf } from './measured.ts'

/** FIT's names for unknown manufacturers. */
const UNKNOWN_MAKERS = new Set(['development', 'invalid'])
/** Names that capitalising the words does not produce. */
const MAKER_NAMES = new Map([
  ['srm', 'SRM'],
  ['coros', 'COROS'],
  ['polar_electro', 'Polar'],
  ['wahoo_fitness', 'Wahoo'],
  ['tomtom', 'TomTom'],
])

/**
 * The readable name of the device in a file_id or device_info message: 'Garmin Fenix 2'. The product name in the file
 * takes precedence over the profile, which has Garmin's products only. Null if neither maker nor product is known.
 */
export function deviceName(message: Readonly<Record<string, unknown>> | undefined): string | null {
  if (message === undefined) return null
  const maker = typeof message.manufacturer === 'string' ? message.manufacturer : null
  const product = textOf(message.product_name) ?? (maker === 'garmin' ? garminProduct(message.product) : null)
  const makerName = maker === null || UNKNOWN_MAKERS.has(maker) ? null : (MAKER_NAMES.get(maker) ?? capitalized(maker))
  if (makerName === null || product?.toLowerCase().startsWith(makerName.toLowerCase())) return product
  return textOf(product === null ? makerName : `${makerName} ${product}`)
}

function garminProduct(id: unknown): string | null {
  return typeof id === 'number' ? getFitGarminProductDisplayName(id) : null
}

function capitalized(name: string): string {
  return name.replace(/_/g, ' ').replace(/\b\p{Ll}/gu, (letter) => letter.toUpperCase())
}
