interface BodyLimits {
  readonly maxBytes: number
  readonly onTooLarge: () => Error
  readonly onFailure: (cause: unknown) => Error
}

/** The chunks of a body, up to a number of bytes. */
export async function* readBody(
  response: Response,
  { maxBytes, onTooLarge, onFailure }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  if (Number(response.headers.get('content-length')) > maxBytes) throw onTooLarge()
  if (!response.body) return
  const reader = response.body.getReader()
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw onFailure(cause)
    })
    if (done) return
    bytes += value.byteLength
    if (bytes > maxBytes) throw onTooLarge()
    yield value
  }
}

/** All chunks as text. */
export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString('utf8')
}

/** The parsed text; undefined if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
