import DataLoader from 'dataloader'
import { recordReads } from '../platform/audit.ts'
import { NotFound } from '../platform/errors.ts'
import type { Context, Viewer } from './context.ts'

interface Recorder {
  readonly recorded: Set<string>
  readonly loader: DataLoader<string, true>
}

const recorders = new WeakMap<Context, Recorder>()

/**
 * Whether what is this person's may be shown to who asks: to the person, and to admins once it is written down that they
 * read them. Throws NotFound for everybody else, and whatever keeps the record from being written: no record, no data.
 */
export function mayRead(context: Context, ownerId: string): boolean | Promise<boolean> {
  const { viewer } = context
  if (viewer === null) return false
  if (viewer.user.id === ownerId) return true
  if (!viewer.isAdmin) throw new NotFound('thing')
  const { recorded, loader } = recorderOf(context, viewer)
  // At once, as for oneself: a list of both then asks for the credits of all in one statement.
  return recorded.has(ownerId) || loader.load(ownerId)
}

/** Writes down each person once a request; those of one page in one statement. */
function recorderOf(context: Context, { user }: Viewer): Recorder {
  const known = recorders.get(context)
  if (known) return known
  const { db, clock } = context
  const recorded = new Set<string>()
  const loader = new DataLoader<string, true>(async (subjectIds) => {
    await recordReads(db.prisma, { actorId: user.id, subjectIds, now: clock() })
    return subjectIds.map((id) => {
      recorded.add(id)
      return true
    })
  })
  const recorder = { recorded, loader }
  recorders.set(context, recorder)
  return recorder
}
