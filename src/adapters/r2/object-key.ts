/**
 * Returns the key if it can name an object. Throws TypeError for an empty key, which addresses the bucket itself (a GET
 * lists its objects; R2 and the SDK both allow it), and for a '.' or '..' segment, which HTTP clients resolve.
 */
export function objectKey(key: string): string {
  if (key === '' || key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TypeError(`No object can be addressed by the key ${JSON.stringify(key)}.`)
  }
  return key
}
