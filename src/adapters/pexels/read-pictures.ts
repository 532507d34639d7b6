import { z } from 'zod'
import { type FoundPicture, VendorRefused } from '../../domains/videos/ports.ts'
import { storable } from '../../platform/database/storable.ts'

/** A page at Pexels. The URLs are shown to users. */
const page = z.url({ protocol: /^https$/, hostname: /^(www\.)?pexels\.com$/ }).max(500)

const photo = z.object({
  id: z.int().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  url: page,
  photographer: z.string().max(200),
  photographer_url: page,
  src: z.object({ original: z.url().max(500) }),
})

const results = z.object({ photos: z.array(z.unknown()).max(80) })

/** The pictures of a search. Leaves out photos that are not valid. Throws VendorRefused if the body is not a search. */
export function readPictures(body: unknown, isDownloadUrl: (url: string) => boolean): readonly FoundPicture[] {
  const parsed = results.safeParse(body)
  if (!parsed.success) throw new VendorRefused('Pexels', null, "Pexels' answer to a search is not valid.")
  return parsed.data.photos.flatMap((candidate) => {
    const { data } = photo.safeParse(candidate)
    const photographer = storable(data?.photographer)
    if (!data || photographer === null || !isDownloadUrl(data.src.original)) return []
    return [
      {
        id: String(data.id),
        downloadUrl: resized(data.src.original),
        width: data.width,
        height: data.height,
        photographer,
        photographerUrl: data.photographer_url,
        sourceUrl: data.url,
        source: 'Pexels',
      },
    ]
  })
}

/**
 * A JPEG within 2400 × 2400 pixels: a photo of 3 : 2 or 4 : 3 then fills 1920 × 1080 and 1080 × 1920. The originals may be
 * PNG and have more than 20 MiB; `large2x`, the largest that the API lists, has 1300 pixels of height.
 */
function resized(original: string): string {
  const url = new URL(original)
  url.search = new URLSearchParams({ auto: 'compress', cs: 'tinysrgb', fm: 'jpg', w: '2400', h: '2400' }).toString()
  return url.href
}
