import { v7 as uuidv7 } from 'uuid'
import { runAs, type Viewer } from '../../domains/users/index.ts'
import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/jobs/define-job.ts'
import { measureNote } from './job-types.ts'
import type { Note } from './note.ts'
import type { NotesServices } from './services.ts'

export function createNote(services: NotesServices, viewer: Viewer, text: string): Promise<Note> {
  return runAs(services, viewer, (tx) => insertNote(tx, { id: uuidv7(), userId: viewer.id, text, length: null }))
}

export async function insertNote(tx: Tx, note: Note): Promise<Note> {
  const { id, userId, text } = note
  await tx.$executeRaw`INSERT INTO notes (id, user_id, text) VALUES (${id}::uuid, ${userId}::uuid, ${text})`
  await enqueue(tx, measureNote, { id }, { key: id })
  return note
}
