import DataLoader from 'dataloader'
import { recordReads } from '../platform/audit.ts'
import { NotFound } from '../platform/errors.ts'
import { platformMessages } from '../platform/messages/platform-messages.ts'
import type { Context, Viewer } from './context.ts'

interface Recorder {
  readonly recorded: Set<string>
  readonly loader: DataLoader<string, true>
}

const recorders = new WeakMap<Context, Recorder>()

/**
 * Whether the viewer may read data of this user: users may read their own; admins may read it after the read has been
 * recorded in the audit log. Throws NotFound for all other viewers. If the record cannot be written, it throws that
 * error, so no data is returned without a record.
 */
export function mayRead(context: Context, ownerId: string): boolean | Promise<boolean> {
  const { viewer } = context
  if (viewer === null) return false
  if (viewer.user.id === ownerId) return true
  if (!viewer.isAdmin) throw new NotFound(platformMessages.objectNotFound())
  const { recorded, loader } = recorderOf(context, viewer)
  // Synchronous, as for the viewer's own data, so that the credits of all users in a list are loaded in one statement.
  return recorded.has(ownerId) || loader.load(ownerId)
}

/** Records each user once per request, and all users of a page in one statement. */
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
