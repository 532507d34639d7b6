/** Removes what Postgres cannot store: NUL in text, lone surrogates in JSON. An empty text becomes null. */
export function storable(value: string | null | undefined): string | null {
  return value?.replaceAll('\0', '').toWellFormed().trim() || null
}
