import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { lintWorkflow } from './lint-workflow.ts'

const read = (name: string) => readFile(fileURLToPath(new URL(`../.github/workflows/${name}`, import.meta.url)), 'utf8')

test('the release workflow is accepted', async () => {
  expect(await lintWorkflow('release.yml', await read('release.yml'))).toBe('')
})

test.each([
  ['an unknown output', 'needs.release.outputs.tag ', 'needs.release.outputs.tga ', 'property "tga" is not defined'],
  ['an unknown input of an action', 'sbom: true', 'sbon: true', 'input "sbon" is not defined'],
  ['an unknown runner', 'ubuntu-24.04', 'ubuntu-24.40', 'label "ubuntu-24.40" is unknown'],
])('%s in it is reported', async (_about, correct, wrong, message) => {
  const text = await read('release.yml')
  expect(text).toContain(correct)
  expect(await lintWorkflow('release.yml', text.replace(correct, wrong))).toContain(message)
})
