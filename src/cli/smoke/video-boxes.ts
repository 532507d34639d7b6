/** The names of the boxes at the top level of an MP4 file, in their order. Throws if the file ends within one. */
export function readBoxes(file: Uint8Array): string[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const names: string[] = []
  for (let at = 0; at < file.length; ) {
    const rest = file.length - at
    const short = rest >= 8 ? view.getUint32(at) : 0
    // 1: the size follows in 64 bits. 0: the box ends with the file.
    const size = short === 1 && rest >= 16 ? Number(view.getBigUint64(at + 8)) : short === 0 && rest >= 8 ? rest : short
    if (size < 8 || size > rest) throw new Error(`the file is no MP4, or it is cut: byte ${at} begins no complete box`)
    names.push(String.fromCharCode(...file.subarray(at + 4, at + 8)))
    at += size
  }
  return names
}
