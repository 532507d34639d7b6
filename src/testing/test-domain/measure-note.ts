import { notify } from '../../platform/database/db.ts'
import { noteTopic } from './note.ts'
import type { NotesServices } from './services.ts'

export async function measure({ db }: NotesServices, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.$executeRaw`UPDATE notes SET length = length(text) WHERE id = ${id}::uuid`
    notify(tx, noteTopic(id))
  })
}
