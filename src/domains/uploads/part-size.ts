/** Larger files are sent in parts of this size, so that after a broken connection only one part is sent again. */
export const partByteSize = 64 * 1024 * 1024
