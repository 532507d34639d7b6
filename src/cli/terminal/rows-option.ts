import { wholeNumber } from './whole-number.ts'

/** The option `--rows` of commands that print a report. */
export const rowsOption = ['--rows <n>', 'maximum number of rows to print', wholeNumber, 50] as const
