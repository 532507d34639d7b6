import type { Command } from 'commander'

/** Adds the `operations` commands. */
export function addOperations(program: Command): void {
  const operations = program
    .command('operations')
    .description('the GraphQL operations of our own front ends: operations/*.graphql')

  operations
    .command('manifest')
    .description('print all as {"<SHA-256>": "<document>"}: what a server with PERSISTED_ONLY accepts')
    .action(async () => {
      const { readManifest } = await import('../app/graphql/operation-manifest.ts')
      process.stdout.write(`${JSON.stringify(Object.fromEntries(readManifest()), null, 2)}\n`)
    })
}
