/**
 * The key, if it can name one object. Throws TypeError for an empty key, which would address the bucket itself (a GET
 * then lists it, as both R2 and the SDK let it), and for a '.' or '..' segment, which HTTP clients resolve on the way.
 */
export function objectKey(key: string): string {
  if (key === '' || key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TypeError(`No object can be addressed by the key ${JSON.stringify(key)}.`)
  }
  return key
}
