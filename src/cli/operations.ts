import { type Command, Option } from 'commander'
import type { manifestFormats } from '../app/graphql/operation-manifest.ts'

type Format = (typeof manifestFormats)[number]

/** Adds the `operations` commands. */
export function addOperations(program: Command): void {
  const operations = program
    .command('operations')
    .description('the GraphQL operations of our own front ends: operations/*.graphql')

  operations
    .command('manifest')
    .description('print all as {"<SHA-256>": "<document>"}: what a server with PERSISTED_ONLY accepts')
    .addOption(
      new Option(
        '--format <format>',
        "a client library's format: apollo is a manifest of @apollo/generate-persisted-query-manifest; relay and client-preset are texts by id",
      )
        .choices(['apollo', 'relay', 'client-preset'] satisfies readonly Format[])
        .default('relay'),
    )
    .action(async ({ format }: { readonly format: Format }) => {
      const { formatManifest } = await import('../app/graphql/operation-manifest.ts')
      process.stdout.write(`${JSON.stringify(formatManifest(format), null, 2)}\n`)
    })
}
