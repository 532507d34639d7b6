import { text } from 'node:stream/consumers'
import { fromBufferPromise } from 'yauzl'

/** The files of a ZIP archive by their paths. Throws if a path occurs twice. */
export async function unzip(bytes: Uint8Array): Promise<Map<string, string>> {
  const archive = await fromBufferPromise(Buffer.from(bytes), { lazyEntries: true })
  const files = new Map<string, string>()
  for await (const entry of archive.eachEntry()) {
    if (files.has(entry.fileName)) throw new Error(`The archive has ${entry.fileName} twice.`)
    files.set(entry.fileName, await text(await archive.openReadStreamPromise(entry)))
  }
  return files
}
