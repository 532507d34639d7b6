import type { Command } from 'commander'
import { developmentSettings } from './development-settings.ts'
import { isServing } from './is-serving.ts'
import { renderTable } from './terminal/table.ts'

/** Adds the `info` command. */
export function addInfo(program: Command): void {
  program
    .command('info')
    .description('print the addresses of the running development server')
    .option('--json', 'print JSON: api, databaseUrl, bucketEndpoint, dataDir')
    .action(async ({ json }: { json?: boolean }) => {
      const { dataDir } = developmentSettings('info')
      const { readStackFile } = await import('../dev/embedded/stack-file.ts')
      const found = await readStackFile(dataDir)
      if (!found || !(await isServing(found.api))) {
        throw new Error(`No server is running on ${dataDir}. Start one with \`npm start\`, or set DATA_DIR.`)
      }
      const { api, databaseUrl, bucketEndpoint } = found
      const addresses = { api, databaseUrl, bucketEndpoint, dataDir: found.dataDir }
      process.stdout.write(
        `${json ? JSON.stringify(addresses, null, 2) : renderTable(['name', 'address'], Object.entries(addresses))}\n`,
      )
    })
}
