import { createCanvas } from '@napi-rs/canvas'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readPictureHeader } from './picture-header.ts'

const picture = (type: 'image/jpeg' | 'image/png' | 'image/webp') =>
  createCanvas(321, 123).toBuffer(type as 'image/png')

it('reads the size of JPEG, PNG and WebP', () => {
  for (const type of ['image/jpeg', 'image/png', 'image/webp'] as const) {
    expect(readPictureHeader(picture(type))).toEqual({ width: 321, height: 123 })
  }
  // WebP with an extended header, and without loss.
  const extended = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0', 'latin1'), Buffer.alloc(6)])
  extended.writeUIntLE(3_999, 24, 3)
  extended.writeUIntLE(2_999, 27, 3)
  expect(readPictureHeader(extended)).toEqual({ width: 4_000, height: 3_000 })
  const lossless = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f', 'latin1'), Buffer.alloc(4)])
  lossless.writeUInt32LE(799 | (599 << 14), 21)
  expect(readPictureHeader(lossless)).toEqual({ width: 800, height: 600 })
})

it('reads nothing from other files, nor beyond their end', () => {
  for (const text of ['', 'GIF89a', '<svg/>', 'RIFF', '%PDF-1.7'])
    expect(readPictureHeader(Buffer.from(text))).toBeNull()
  fc.assert(
    fc.property(
      fc.constantFrom(picture('image/jpeg'), picture('image/png'), picture('image/webp')),
      fc.nat(400),
      fc.uint8Array({ maxLength: 40 }),
      (bytes, end, noise) => {
        const size = readPictureHeader(Buffer.concat([bytes.subarray(0, end), noise]))
        if (size !== null) expect(Number.isInteger(size.width * size.height)).toBe(true)
      },
    ),
  )
})
