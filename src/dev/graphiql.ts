import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'

const operationsFolder = join(import.meta.dirname, '../../operations')

/** GraphiQL with a tab for each file of operations/ and its example variables, signed in with the token. */
export function graphiqlPage(token: () => Promise<string | null>) {
  return {
    render: renderGraphiQL,
    async options() {
      const bearer = await token()
      const headers = JSON.stringify(bearer ? { authorization: `Bearer ${bearer}` } : {}, null, 2)
      const tabs = await operationTabs()
      return {
        title: 'Pacer',
        headers,
        // Each page load gets a new token; a stored one would expire.
        shouldPersistHeaders: false,
        defaultTabs: tabs.map((tab) => ({ ...tab, headers })),
        subscriptionsProtocol: 'SSE' as const,
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
