import { print } from 'graphql'
import {
  CompleteUploadDocument,
  RequestUploadDocument,
  type RequestUploadMutation,
} from '../../operations/typed-operations.ts'
import { encodeFit } from '../dev/seed/recordings.ts'
import { send } from './send.ts'

/** Uploads a recording over HTTP: requestUpload, PUT, completeUpload. */
export async function sendRecording(
  api: string,
  token: string,
  bytes: Uint8Array = encodeFit({ sport: 'RUNNING', startedAt: new Date('2026-11-14T06:30:00Z'), seconds: 600 }),
): Promise<{ uploadId: string; activityId: string }> {
  const post = async (query: string, variables: object): Promise<unknown> => {
    const response = await fetch(`${api}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    })
    return response.json()
  }
  const input = {
    kind: 'ACTIVITY',
    filename: 'run.fit',
    contentType: '',
    byteSize: bytes.length,
    idempotencyKey: `${bytes.length} bytes`,
  }
  const requested = (await post(print(RequestUploadDocument), { input })) as { data: RequestUploadMutation }
  const answer = requested.data.requestUpload
  if (answer?.__typename !== 'RequestUploadPayload' || !answer.request || !answer.activity) {
    throw new Error(JSON.stringify(requested))
  }
  await send(answer.request, bytes)
  await post(print(CompleteUploadDocument), { input: { uploadId: answer.upload.id } })
  return { uploadId: answer.upload.id, activityId: answer.activity.id }
}
