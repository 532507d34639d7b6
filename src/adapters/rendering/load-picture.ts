import { readFile, stat } from 'node:fs/promises'
import { type Image, loadImage } from '@napi-rs/canvas'
import { UnreadablePicture } from '../../domains/videos/ports.ts'
import { readPictureHeader } from './picture-header.ts'

const mostBytes = 20 * 1024 * 1024
/** Decoded, 4 bytes each. */
const mostPixels = 50_000_000
const longestSide = 16_384

/** Decodes a JPEG, PNG or WebP file that a user uploaded. Throws UnreadablePicture. Only in the child process. */
export async function loadPicture(file: string): Promise<Image> {
  if ((await stat(file)).size > mostBytes) throw new UnreadablePicture('TOO_LARGE')
  const bytes = await readFile(file)
  const size = readPictureHeader(bytes)
  if (size === null) throw new UnreadablePicture('NOT_A_PICTURE')
  const { width, height } = size
  if (width === 0 || height === 0) throw new UnreadablePicture('DAMAGED')
  if (width * height > mostPixels || Math.max(width, height) > longestSide) throw new UnreadablePicture('TOO_LARGE')
  try {
    const picture = await loadImage(bytes)
    // It decodes what its own header says, which must be what was checked, but for a rotation.
    const isChecked = picture.width * picture.height === width * height
    if (!isChecked || picture.width === 0) throw new Error('The picture has another size than its header.')
    return picture
  } catch (cause) {
    throw new UnreadablePicture('DAMAGED', { cause })
  }
}
