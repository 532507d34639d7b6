import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import { InvalidInput } from '../../platform/errors.ts'
import type { Emails } from './emails.ts'

/** As long as an address may be. */
const maxLength = 320

/**
 * Who has this address, or a name that begins so; everybody for a blank text. Nobody who is deleted or being so. Throws
 * InvalidInput for a text that no address or name can hold.
 */
export async function usersFound(
  { db, emails }: { db: Reader; emails: Emails },
  search: string,
): Promise<Prisma.UserWhereInput> {
  const text = search.trim()
  if (text === '') return { isPresent: true }
  check(text)
  const startsWith = await foldedPattern(db, text)
  return {
    isPresent: true,
    OR: [
      { emailIndex: emails.indexOf(text) },
      { fullNameFolded: { startsWith } },
      { lastNameFolded: { startsWith } },
      { usernameFolded: { startsWith } },
    ],
  }
}

function check(text: string): void {
  if (text.length > maxLength) {
    throw InvalidInput.at(
      ['search'],
      `Search for ${maxLength} characters at most: an address or the beginning of a name.`,
    )
  }
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) {
    throw InvalidInput.at(['search'], 'The text to search for holds a control character or half a character.')
  }
}

/** Folded by the database, as its columns are: JavaScript folds some letters otherwise. Wildcards mean themselves. */
async function foldedPattern(db: Reader, text: string): Promise<string> {
  const [row] = await db.$queryRaw<{ folded: string }[]>`SELECT lower(normalize(${text}, NFKC)) AS folded`
  return (row?.folded ?? '').replace(/[\\%_]/g, '\\$&')
}
