import type { Command } from 'commander'
import { wholeNumber } from './terminal/whole-number.ts'

/** Adds the `doctor` command. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the configuration and every service it names, and print how to fix problems; changes nothing')
    .option('--apis <n>', 'number of API processes that use the database', wholeNumber, 1)
    .option('--workers <n>', 'number of worker processes that use the database', wholeNumber, 1)
    .action(async (processes: { apis: number; workers: number }) => {
      const { runDoctor } = await import('./doctor/run-doctor.ts')
      await runDoctor(processes)
    })
}
