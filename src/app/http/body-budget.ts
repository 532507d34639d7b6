import type { Limits } from '../../config/limits.ts'

/** The memory that the bodies of one process take while they are received. */
export interface BodyBudget {
  /** Starts to count the body of a request from this client address. */
  open(address: string): OpenBody
  /** The bytes that are counted at the moment. */
  readonly bytes: number
}

/** One body that is being received. */
export interface OpenBody {
  /** Counts a chunk. Returns false if the budget, or the part of one address, has no space for it. */
  take(chunk: Buffer): boolean
  /** The body is complete, refused or aborted: its bytes are free again. */
  close(): void
}

/**
 * What a chunk takes besides its bytes. Measured with chunks of one byte: 205 bytes of heap and 720 of resident memory.
 * Without it, a body that is sent in such chunks would take 700 times what is counted.
 */
const bytesOfChunk = 750

/**
 * Counts bytes when they are received, not when a Content-Length announces them: an announcement costs the client nothing.
 * One address can use a quarter, so that it cannot stop the requests of all others.
 */
export function createBodyBudget({ bodyBytes }: Pick<Limits, 'bodyBytes'>): BodyBudget {
  const mostOfAddress = bodyBytes / 4
  const ofAddress = new Map<string, number>()
  let total = 0
  const add = (address: string, bytes: number): void => {
    total += bytes
    const sum = (ofAddress.get(address) ?? 0) + bytes
    if (sum > 0) ofAddress.set(address, sum)
    else ofAddress.delete(address)
  }
  return {
    get bytes() {
      return total
    },
    open(address) {
      let taken = 0
      return {
        take(chunk) {
          const bytes = chunk.length + bytesOfChunk
          if (total + bytes > bodyBytes || (ofAddress.get(address) ?? 0) + bytes > mostOfAddress) return false
          add(address, bytes)
          taken += bytes
          return true
        },
        close() {
          add(address, -taken)
          taken = 0
        },
      }
    },
  }
}
