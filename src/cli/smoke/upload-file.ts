import type { CompleteUploadMutation } from '../../../operations/typed-operations.ts'
import type { Client } from '../api/client.ts'
import type { Done } from './step-report.ts'

/** A presigned PUT. */
export interface UploadRequest {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** Sends the file to the bucket. */
export async function put({ url, headers }: UploadRequest, body: Uint8Array<ArrayBuffer>): Promise<Done<null>> {
  const entries = headers.map(({ name, value }): [string, string] => [name, value])
  const response = await fetch(url, { method: 'PUT', headers: entries, body, signal: AbortSignal.timeout(15_000) })
  if (!response.ok) throw new Error(`the bucket answered ${response.status}`)
  return [new URL(url).host, null]
}

/** Tells the server that the file was sent. */
export async function complete(client: Client, uploadId: string): Promise<Done<null>> {
  const { completeUpload: answer } = await client.execute<CompleteUploadMutation>('CompleteUpload', {
    input: { uploadId },
  })
  if (answer?.__typename !== 'CompleteUploadPayload') throw new Error(messageOf(answer))
  return [answer.upload.status, null]
}

/** What the server says of a result that is not the wanted one. */
export const messageOf = (answer: { message?: string } | null | undefined) =>
  answer?.message ?? 'the response has no result'
