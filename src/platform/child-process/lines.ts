import { StringDecoder } from 'node:string_decoder'

/** A longer line is delivered in pieces. */
const longestLine = 16 * 1_024

export interface LineReader {
  write(chunk: Buffer): void
  /** Delivers the last line where it has no end. */
  end(): void
}

/** Delivers the lines of a stream of UTF-8; they end with \n, \r\n or, as progress does in a terminal, with \r. */
export function readLines(onLine: (line: string) => void): LineReader {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const deliver = (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  }
  return {
    write: (chunk) => deliver(decoder.write(chunk)),
    end() {
      deliver(decoder.end())
      const last = rest.replace(/\r$/, '')
      rest = ''
      if (last !== '') onLine(last)
    },
  }
}
