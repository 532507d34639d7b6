/** A presigned HTTP request. It is valid until it expires; the headers must be sent unchanged. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  /** Every header to send except content-length, which HTTP clients set themselves. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly expiresAt: Date
}

export interface PutToSign {
  readonly key: string
  readonly contentType: string
  /** The Content-Disposition header of downloads. */
  readonly contentDisposition: string
  readonly byteSize: number
  /** Base64; the bucket then rejects bytes with another digest. Null: not checked. */
  readonly contentMd5: string | null
}

export interface PartToSign {
  readonly key: string
  readonly multipartId: string
  /** From 1. */
  readonly partNumber: number
  readonly byteSize: number
}

/** The start and the length of the validity of a presigned URL. */
export interface Validity {
  readonly now: Date
  readonly seconds: number
}

export interface StoredObject {
  readonly byteSize: number
  readonly contentType: string
  /** Without quotes; the hex MD5 of the bytes of an object that was sent in one request. */
  readonly etag: string
}

export interface UploadedPart {
  readonly partNumber: number
  readonly etag: string
}

export interface StoredPart extends UploadedPart {
  readonly byteSize: number
}

/**
 * The operations of a bucket that uploads use. Signing does no I/O. The others call the bucket and throw
 * ProviderUnavailable when it is unavailable (connection refused, timeout, 5xx, 429). A missing object is no error.
 */
export interface Bucket {
  /** Signs a PUT that the bucket accepts once (If-None-Match: *), with exactly this length, type and digest. */
  signPut(put: PutToSign, validity: Validity): Promise<SignedRequest>
  signPart(part: PartToSign, validity: Validity): Promise<SignedRequest>
  signGet(key: string, validity: Validity): Promise<SignedRequest>
  /** Starts a multipart upload; resolves to its id in the bucket. */
  createMultipart(object: { key: string; contentType: string; contentDisposition: string }): Promise<string>
  /**
   * Joins the parts. 'completed'; 'unknown' if the multipart upload does not exist (it was completed or aborted before);
   * 'invalid-parts' if a part is missing, has another ETag or an invalid size.
   */
  completeMultipart(upload: {
    key: string
    multipartId: string
    parts: readonly UploadedPart[]
  }): Promise<'completed' | 'unknown' | 'invalid-parts'>
  /**
   * The parts that have arrived, in order: those with a number above `after`, at most `limit` (1 to 1,000). 'unknown' if the
   * multipart upload does not exist.
   */
  listParts(upload: {
    key: string
    multipartId: string
    after: number
    limit: number
  }): Promise<readonly StoredPart[] | 'unknown'>
  /** Aborts a multipart upload and removes its parts. A missing one is no error. */
  abortMultipart(upload: { key: string; multipartId: string }): Promise<void>
  head(key: string): Promise<StoredObject | null>
  /** The first `maxBytes` bytes, or all of a shorter object; null if it does not exist. */
  readStart(key: string, maxBytes: number): Promise<Uint8Array | null>
  /** The whole object; null if it does not exist. Callers know its size from the row. Rejects once the signal is aborted. */
  read(key: string, signal?: AbortSignal): Promise<Uint8Array | null>
  /** Streams an object of any size; null if it does not exist. The caller must read the stream. */
  readStream(key: string): Promise<AsyncIterable<Uint8Array> | null>
  /** Writes bytes of the server; replaces an existing object. */
  write(object: { key: string; contentType: string; contentDisposition: string; body: Uint8Array }): Promise<void>
  /**
   * Writes a stream of any size; replaces an existing object. On an error nothing is written. Errors of `chunks` are
   * rethrown unchanged.
   */
  writeStream(object: {
    key: string
    contentType: string
    contentDisposition: string
    chunks: AsyncIterable<Uint8Array>
  }): Promise<void>
  /** Deletes an object. A missing one is no error. */
  delete(key: string): Promise<void>
}
