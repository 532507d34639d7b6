import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findRefusal } from '../domains/users/index.ts'
import type { Database } from '../platform/database/db.ts'
import { explainRefusal } from './explain-refusal.ts'
import { type PageOptions, renderPage } from './graphiql-page.ts'
import { developmentClerkId } from './identity.ts'

const operationsFolder = join(import.meta.dirname, '../../operations')

/** GraphiQL with a tab for each file of operations/ and its example variables, signed in with the token. */
export function graphiqlPage({ email, token }: { readonly email: string; token(): Promise<string | null> }) {
  return {
    render: renderPage,
    async options({ db }: { readonly db: Database }): Promise<PageOptions> {
      const bearer = await token()
      const headers = JSON.stringify(bearer ? { authorization: `Bearer ${bearer}` } : {}, null, 2)
      const tabs = await operationTabs()
      const refusal = bearer ? await findRefusal(db.prisma, developmentClerkId(email)) : null
      return {
        title: 'Pacer',
        notice: refusal ? `${explainRefusal(email, refusal)} Enter it in Headers.` : null,
        headers,
        // Each page load gets a new token; a stored one would expire.
        shouldPersistHeaders: false,
        defaultTabs: tabs.map((tab) => ({ ...tab, headers })),
        subscriptionsProtocol: 'SSE' as const,
        // GraphiQL would send subscriptions by GET, which the server refuses.
        method: 'POST' as const,
      }
    },
  }
}

async function operationTabs(): Promise<{ query: string; variables: string }[]> {
  const files = await readdir(operationsFolder)
  const names = files.filter((file) => file.endsWith('.graphql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const variables = name.replace(/\.graphql$/, '.variables.json')
      return {
        query: await readFile(join(operationsFolder, name), 'utf8'),
        variables: files.includes(variables) ? await readFile(join(operationsFolder, variables), 'utf8') : '{}',
      }
    }),
  )
}
