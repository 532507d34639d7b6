import type { Size } from './geometry.ts'

/** Reads the format and the size from the first bytes of a JPEG, PNG or WebP file. Null for other files. */
export function readPictureHeader(bytes: Uint8Array): Size | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
      return { width: view.getUint32(16), height: view.getUint32(20) }
    }
    if (startsWith(bytes, [0xff, 0xd8, 0xff])) return readJpeg(view)
    if (startsWith(bytes, ascii('RIFF')) && startsWith(bytes.subarray(8), ascii('WEBP'))) return readWebp(bytes, view)
  } catch (error) {
    // A file that ends within its header.
    if (!(error instanceof RangeError)) throw error
  }
  return null
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte)
}

/** The frame header follows markers of any number, each with its length. */
function readJpeg(view: DataView): Size | null {
  let at = 2
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    // SOF0 to SOF15 without DHT, JPG and DAC.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    at += 2 + view.getUint16(at + 2)
  }
  return null
}

function readWebp(bytes: Uint8Array, view: DataView): Size | null {
  const kind = bytes.subarray(12, 16)
  if (startsWith(kind, ascii('VP8 '))) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  }
  if (startsWith(kind, ascii('VP8L'))) {
    const bits = view.getUint32(21, true)
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
  }
  if (startsWith(kind, ascii('VP8X'))) {
    const threeBytes = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16)
    return { width: 1 + threeBytes(24), height: 1 + threeBytes(27) }
  }
  return null
}
