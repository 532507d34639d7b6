import type { Command } from 'commander'
import { wholeNumber } from './terminal/whole-number.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('checks the environment and everything that it names, and says what to do; leaves nothing behind')
    .option('--apis <n>', 'how many api processes run over the database', wholeNumber, 1)
    .option('--workers <n>', 'how many worker processes run over it', wholeNumber, 1)
    .action(async (processes: { apis: number; workers: number }) => {
      const { examineEnvironment } = await import('./doctor/examine-environment.ts')
      await examineEnvironment(processes)
    })
}
