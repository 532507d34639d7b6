import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openReportFile } from './report-file.ts'

test('a cell that a spreadsheet would run as a formula starts with an apostrophe', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-report-'))
  try {
    const name = join(folder, 'report.csv')
    const report = await openReportFile(name, ['file', 'reason'])
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']
    for (const formula of formulas) report.line([formula, 'a-b=c'])
    report.line(['=HYPERLINK("http://x.test","a")', ''])
    await report[Symbol.asyncDispose]()
    expect(await readFile(name, 'utf8')).toBe(
      [
        'file,reason',
        "'=1+1,a-b=c",
        "'+1,a-b=c",
        "'-1,a-b=c",
        "'@SUM(A1),a-b=c",
        "'\t=1,a-b=c",
        '"\'\r=1",a-b=c',
        '"\'=HYPERLINK(""http://x.test"",""a"")",',
        '',
      ].join('\n'),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
