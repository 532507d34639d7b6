import { rename, rm, writeFile } from 'node:fs/promises'
import { VendorRefused } from '../../domains/videos/ports.ts'
import type { VendorClient } from '../../platform/vendors/vendor-client.ts'

const maxBytes = 20 * 1024 ** 2

interface Download {
  readonly downloadUrl: string
  readonly output: string
  readonly signal: AbortSignal
  readonly isDownloadUrl: (url: string) => boolean
}

/** Downloads a JPEG to a file, which gets its name when it is complete. The API key is not sent. */
export async function downloadPicture(client: VendorClient, download: Download): Promise<void> {
  const { downloadUrl, output, signal, isDownloadUrl } = download
  if (!isDownloadUrl(downloadUrl)) throw refused('its URL is not at Pexels')
  const partial = `${output}.part`
  try {
    await client.send(downloadUrl, { signal }, async ({ headers, read }) => {
      const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (type !== 'image/jpeg') throw refused('it is not sent as image/jpeg')
      await writeFile(partial, jpegOnly(read(maxBytes)))
    })
    await rename(partial, output)
  } finally {
    await rm(partial, { force: true })
  }
}

async function* jpegOnly(chunks: AsyncIterable<Uint8Array>) {
  let bytes = 0
  for await (const chunk of chunks) {
    if (bytes === 0 && !(chunk[0] === 0xff && chunk[1] === 0xd8)) throw refused('it is not a JPEG')
    bytes += chunk.byteLength
    yield chunk
  }
  if (bytes === 0) throw refused('it is empty')
}

const refused = (why: string) => new VendorRefused('Pexels', null, `A picture of Pexels cannot be used: ${why}.`)
