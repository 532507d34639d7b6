import './graphql.ts'
import { defineDomain } from '../../domains/define-domain.ts'
import { defineUploadKind } from '../../domains/uploads/index.ts'
import { handle } from '../../platform/jobs/define-job.ts'
import { insertNote } from './create-note.ts'
import { measureNote } from './job-types.ts'
import { measure } from './measure-note.ts'
import { noteMessages } from './messages.ts'
import type { Note } from './note.ts'
import { type NotesServices, notes } from './services.ts'

/** Text files: each becomes a note with the id of its upload. */
const textUploads = defineUploadKind({
  kind: 'NOTE',
  description: 'A text file. It becomes a note.',
  maxByteSize: 1024,
  contentTypes: ['text/plain'],
  defaultContentType: null,
  recognise: (firstBytes) => !firstBytes.includes(0),
  async onCompleted(tx, { id, userId }) {
    await insertNote(tx, { id, userId, text: 'from a file', length: null })
  },
})

/** A domain for the test that a domain can be added without a change outside its folder and the list of domains. */
export const notesDomain = defineDomain<unknown, NotesServices>({
  name: 'notes',
  key: notes,
  build: ({ platform: { db, clock, notifications } }) => ({ db, clock, notifications }),
  jobs: (services) => [handle(measureNote, ({ id }) => measure(services, id))],
  uploadKinds: [textUploads],
  messages: [noteMessages],
  personalData: () => [
    {
      tables: ['notes'],
      async *exportFiles(db, userId) {
        const json = await db.$queryRaw<Note[]>`SELECT text FROM notes WHERE user_id = ${userId}::uuid ORDER BY id`
        yield { path: 'notes.json', json }
      },
      async eraseRows(tx, { userId }) {
        await tx.$executeRaw`DELETE FROM notes WHERE user_id = ${userId}::uuid`
      },
    },
  ],
})
