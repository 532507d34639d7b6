import type { Refusal } from '../domains/users/index.ts'

/** Says that the requests of a user of the development identity are refused, and what to do. */
export function explainRefusal(email: string, refusal: Refusal): string {
  if (refusal === 'deleted') {
    return `The account of ${email} was deleted, which cannot be undone: the server refuses its tokens. Use another address, such as ${otherAddress(email)}: \`npm run token -- ${otherAddress(email)}\`.`
  }
  return `The account of ${email} is banned: the server refuses its tokens. While the server runs, \`npm run cli -- webhooks send clerk user.updated --email ${email}\` restores it.`
}

/** alice+2@example.com for alice@example.com. */
function otherAddress(email: string): string {
  const [local = '', host = ''] = email.split('@')
  const [name, tag] = local.split('+')
  return `${name}+${/^[0-9]{1,6}$/.test(tag ?? '') ? Number(tag) + 1 : 2}@${host}`
}
