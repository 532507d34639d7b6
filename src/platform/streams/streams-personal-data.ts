import type { Encryptor } from '../encryption/encryptor.ts'
import type { PersonalData } from '../personal-data.ts'
import { chunkPlace, decryptText, streamTextPlace } from './stream-text.ts'

/** The texts of a user's streams, which are kept for a week after their end. */
export function streamsOfUser({ encryptor }: { encryptor: Encryptor }): PersonalData {
  return {
    tables: ['streams', 'stream_chunks'],
    async *exportFiles(db, userId) {
      const streams = await db.stream.findMany({
        where: { userId },
        select: { id: true },
        orderBy: { openedAt: 'asc' },
      })
      for (const { id } of streams) {
        const stream = await db.stream.findUnique({
          where: { userId_id: { userId, id } },
          include: { chunks: { orderBy: { sequence: 'asc' } } },
        })
        if (!stream) continue
        const { kind, openedAt, endedAt, outcome } = stream
        const text = stream.text
          ? decryptText(encryptor, stream.text, streamTextPlace)
          : stream.chunks.map((chunk) => decryptText(encryptor, chunk.text, chunkPlace)).join('')
        yield { path: `streams/${id}.json`, json: { kind, openedAt, endedAt, outcome, text } }
      }
    },
    async eraseRows(tx, { userId }) {
      await tx.stream.deleteMany({ where: { userId } })
    },
  }
}
