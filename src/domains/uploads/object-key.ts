/** Where an upload's object lies. Made from ids alone: a filename never becomes a key. */
export function objectKey(upload: { userId: string; id: string }): string {
  return `uploads/${upload.userId}/${upload.id}`
}
