import type { Prisma } from '../../../generated/prisma/client.ts'
import { isPlainText } from '../../../platform/check-text.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import type { Emails } from '../emails.ts'
import { userMessages } from '../messages.ts'

/** The maximum length of an email address. */
const maxLength = 320

/**
 * The condition for users with this email address, or with a name that starts with this text; all users for a blank text.
 * Users who are deleted or being deleted are excluded. Throws InvalidInput for a text that is too long or not printable.
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
    throw InvalidInput.of('search', userMessages.searchTooLong({ max: maxLength }))
  }
  if (!isPlainText(text)) {
    throw InvalidInput.of('search', userMessages.invalidSearch())
  }
}

/** Folded by the database, like its columns: JavaScript folds some letters differently. Wildcards are escaped. */
async function foldedPattern(db: Reader, text: string): Promise<string> {
  const [row] = await db.$queryRaw<{ folded: string }[]>`SELECT lower(normalize(${text}, NFKC)) AS folded`
  return (row?.folded ?? '').replace(/[\\%_]/g, '\\$&')
}
