/** Postgres text holds no NUL, JSON no half characters; nothing is null. */
export function storable(value: string | null | undefined): string | null {
  return value?.replaceAll('\0', '').toWellFormed().trim() || null
}
