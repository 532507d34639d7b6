import { PassThrough, pipeline, Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'

export interface ZippedFile {
  readonly path: string
  readonly text: string
}

const chunkByteSize = 64 * 1024
const empty = Buffer.alloc(0)

/**
 * A stream of the bytes of a ZIP of these files. Requests the next file once the previous one is compressed, so one file
 * is in memory at a time. If the reader stops, the iteration of the files stops. Measured with 300 activities of 10,000
 * points, 1 GB of JSON: 58 MB in 18 s; including the upload, 160 MB of memory.
 */
export function zip(files: AsyncIterable<ZippedFile>, modifiedAt: Date): Readable {
  const archive = new ZipFile()
  const closed = new AbortController()
  const output = new PassThrough()
  pipeline(archive.outputStream, output, () => closed.abort())
  archive.on('error', (error: Error) => output.destroy(error))

  const fill = async () => {
    for await (const { path, text } of files) {
      const source = streamOf(text)
      archive.addReadStream(source, path, { mtime: modifiedAt })
      await finished(source, { signal: closed.signal })
    }
    archive.end()
  }
  fill().catch((error: Error) => output.destroy(error))
  return output
}

/** The archive keeps a reference to its streams until it ends, so this stream releases its bytes once they are read. */
function streamOf(text: string): Readable {
  let rest = Buffer.from(text)
  return new Readable({
    read() {
      const chunk = rest.subarray(0, chunkByteSize)
      rest = chunk.length < rest.length ? rest.subarray(chunk.length) : empty
      this.push(chunk.length > 0 ? chunk : null)
    },
  })
}
