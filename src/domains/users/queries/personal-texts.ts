import type { Reader } from '../../../platform/database/db.ts'

/** The user and the id of a text that an append-only row refers to. */
export interface TextRef {
  readonly userId: string
  readonly textId: string
}

/** Reads personal texts in one statement, in the order of the references. Null where the text was erased. */
export async function readTexts(db: Reader, refs: readonly TextRef[]): Promise<(string | null)[]> {
  const [userIds, ids] = [refs.map(({ userId }) => userId), refs.map(({ textId }) => textId)]
  const rows = await db.personalText.findMany({
    where: { userId: { in: [...new Set(userIds)] }, id: { in: ids } },
    select: { id: true, text: true },
  })
  const texts = new Map(rows.map(({ id, text }) => [id, text]))
  return ids.map((id) => texts.get(id) ?? null)
}
