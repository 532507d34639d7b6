/** An HTTP request that its holder may make until it lapses; the headers must be sent as they are. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  /** Every header to send but content-length, which HTTP clients set themselves. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly expiresAt: Date
}

export interface PutToSign {
  readonly key: string
  readonly contentType: string
  /** The value of Content-Disposition that downloads answer with. */
  readonly contentDisposition: string
  readonly byteSize: number
  /** Base64; the bucket then refuses bytes with another digest. */
  readonly contentMd5: string | null
}

export interface PartToSign {
  readonly key: string
  readonly multipartId: string
  /** From 1. */
  readonly partNumber: number
  readonly byteSize: number
}

/** From when and for how long an address is valid. */
export interface Validity {
  readonly now: Date
  readonly seconds: number
}

export interface StoredObject {
  readonly byteSize: number
  readonly contentType: string
  /** Without quotes; the hex MD5 of the bytes for an object that was put in one request. */
  readonly etag: string
}

export interface UploadedPart {
  readonly partNumber: number
  readonly etag: string
}

/**
 * What uploads need of a bucket. Signing does no I/O. The rest speaks to the bucket and throws ProviderUnavailable when
 * it does not answer (refused, timed out, 5xx, 429); absence is a result, not an error.
 */
export interface Bucket {
  /** A PUT that the bucket takes once (If-None-Match: *), with exactly this length, type and digest. */
  signPut(put: PutToSign, validity: Validity): SignedRequest
  signPart(part: PartToSign, validity: Validity): SignedRequest
  signGet(key: string, validity: Validity): SignedRequest
  /** Begins an upload in parts; resolves to the bucket's id of it. */
  createMultipart(object: { key: string; contentType: string; contentDisposition: string }): Promise<string>
  /**
   * Joins the parts: 'completed'; 'unknown' when the bucket knows no such multipart upload (it was completed or aborted
   * before); 'invalid-parts' when a part is missing, of another ETag or of a forbidden size.
   */
  completeMultipart(upload: {
    key: string
    multipartId: string
    parts: readonly UploadedPart[]
  }): Promise<'completed' | 'unknown' | 'invalid-parts'>
  /** Removes what has arrived of an upload in parts; one that is gone already is no error. */
  abortMultipart(upload: { key: string; multipartId: string }): Promise<void>
  head(key: string): Promise<StoredObject | null>
  /** The first `maxBytes` bytes, or all of a shorter object; null when there is none. */
  readStart(key: string, maxBytes: number): Promise<Uint8Array | null>
  /** The whole object; null when there is none. Callers know its size from the row. */
  read(key: string): Promise<Uint8Array | null>
  /** The whole object as it comes, whatever its size; null when there is none. Whoever asks must read it. */
  readStream(key: string): Promise<AsyncIterable<Uint8Array> | null>
  /** Stores bytes that the server itself has, replacing what was there. */
  write(object: { key: string; contentType: string; contentDisposition: string; body: Uint8Array }): Promise<void>
  /**
   * Stores bytes of any number as they come, replacing what was there; all of them or none. What `chunks` throws is
   * thrown again as it is.
   */
  writeStream(object: {
    key: string
    contentType: string
    contentDisposition: string
    chunks: AsyncIterable<Uint8Array>
  }): Promise<void>
  /** An object that is gone already is no error. */
  delete(key: string): Promise<void>
}
