import type { Command } from 'commander'

export function addOperations(program: Command): void {
  const operations = program
    .command('operations')
    .description('the operations of our own front ends: operations/*.graphql')

  operations
    .command('manifest')
    .description('prints each as {"<SHA-256>": "<document>"}: what a server with PERSISTED_ONLY runs')
    .action(async () => {
      const { readManifest } = await import('../app/graphql/known-operations.ts')
      process.stdout.write(`${JSON.stringify(Object.fromEntries(readManifest()), null, 2)}\n`)
    })
}
