/** The bucket key of an upload's object. It consists of ids only, never of a filename. */
export function objectKey(upload: { userId: string; id: string }): string {
  return `uploads/${upload.userId}/${upload.id}`
}
