import type { Tx } from '../../../platform/database/db.ts'
import { isAnyErased, usersNamed } from '../../users/index.ts'
import type { PurchaseEvent } from '../ports.ts'
import type { HashName } from './hash-name.ts'
import { resolveCustomer } from './resolve-customer.ts'

/** A row to store. Without a readable name it belongs to an erased user. */
interface NameRow {
  readonly hash: string
  readonly name: string | null
  readonly userId: string | null
}

/**
 * Stores the readable names of an event by their hashes. Of an erased user only the hashes are stored; a name that a
 * present user has now is stored again. Requires that the names are locked, and precedes the locks of keys.
 */
export async function storeNames(
  tx: Tx,
  hashName: HashName,
  { names, transferredTo }: Pick<PurchaseEvent, 'names' | 'transferredTo'>,
): Promise<void> {
  // The two sides of a TRANSFER are two users.
  const rows = [...(await rowsOf(tx, hashName, names)), ...(await rowsOf(tx, hashName, transferredTo))]
  if (rows.length === 0) return
  const [hashes, texts, userIds] = [
    rows.map(({ hash }) => hash),
    rows.map(({ name }) => name),
    rows.map(({ userId }) => userId),
  ]
  await tx.$executeRaw`
    INSERT INTO billing_names AS known (hash, name, user_id)
    SELECT DISTINCT ON (hash) hash, name, user_id
    FROM unnest(${hashes}::text[], ${texts}::text[], ${userIds}::uuid[]) AS given (hash, name, user_id)
    ORDER BY hash, name
    ON CONFLICT (hash) DO UPDATE SET
      name = excluded.name, user_id = CASE WHEN known.reported_at IS NOT NULL THEN known.user_id END
    WHERE known.name IS NULL AND excluded.name IS NOT NULL`
}

async function rowsOf(tx: Tx, hashName: HashName, names: readonly string[]): Promise<NameRow[]> {
  if (names.length === 0) return []
  const named = await usersNamed(tx, names)
  const { resolveUserId } = await resolveCustomer(tx, names.map(hashName))
  const ownerId =
    names.map((name) => named.get(name)).find((id) => id !== undefined) ?? resolveUserId(names.map(hashName))
  const isErased = ownerId !== null && (await isAnyErased(tx, [ownerId]))
  return names.map((name) => {
    const isOwners = isErased && (named.get(name) ?? ownerId) === ownerId
    return { hash: hashName(name), name: isOwners ? null : name, userId: isOwners ? ownerId : null }
  })
}
