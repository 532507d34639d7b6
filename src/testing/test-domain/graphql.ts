import { builder } from '../../graphql/builder.ts'
import { parseId, toGlobalId } from '../../graphql/ids.ts'
import { NotFound } from '../../platform/errors.ts'
import { watch } from '../../platform/notifications/watch.ts'
import { createNote } from './create-note.ts'
import { noteMessages } from './messages.ts'
import { findNote, type Note, noteTopic } from './note.ts'
import { notes } from './services.ts'

const NoteType = builder.objectRef<Note>('Note').implement({
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => toGlobalId('Note', id) }),
    text: t.exposeString('text'),
    length: t.exposeInt('length', { nullable: true }),
    body: t.exposeString('text', { deprecationReason: 'Use `text`. Removed after 2027-06-30.' }),
  }),
})

const CreateNoteInput = builder.inputType('CreateNoteInput', {
  fields: (t) => ({
    text: t.string({ required: true }),
    title: t.string({ deprecationReason: 'Ignored. Removed after 2027-06-30.' }),
  }),
})

const CreateNotePayload = builder.objectRef<{ readonly note: Note }>('CreateNotePayload').implement({
  fields: (t) => ({ note: t.expose('note', { type: NoteType }) }),
})

builder.mutationField('createNote', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CreateNotePayload,
    nullable: true,
    rate: null,
    errors: {},
    args: { input: t.arg({ type: CreateNoteInput, required: true }) },
    resolve: async (_root, { input: { text } }, { viewer, services }) => ({
      note: await createNote(services(notes), viewer, text),
    }),
  }),
)

builder.subscriptionField('noteChanged', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: NoteType,
    args: { noteId: t.arg.id({ required: true }) },
    subscribe: (_root, { noteId }, { viewer, services, signal }) => {
      const id = parseId('Note', noteId, ['noteId'])
      const { db, notifications } = services(notes)
      const read = async () => JSON.stringify(await findNote(db.prisma, id, viewer.id))
      return watch(notifications, {
        topic: noteTopic(id),
        signal: signal(),
        id,
        read,
        notFound: noteMessages.notFound(),
      })
    },
    resolve: async (id, _args, { viewer, services }) => {
      const note = await findNote(services(notes).db.prisma, id as string, viewer.id)
      if (!note) throw new NotFound(noteMessages.notFound())
      return note
    },
  }),
)
