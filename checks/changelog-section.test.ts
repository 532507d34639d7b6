import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { changelogSection } from './changelog-section.ts'

const read = (path: string) => readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

const changelog = `# Changelog

## Unreleased

## 0.2.0

- New.

### Details

More.

## 0.1.0

- First.
`

test('the section of a version ends at the next version', () => {
  expect(changelogSection(changelog, '0.2.0')).toBe('- New.\n\n### Details\n\nMore.')
  expect(changelogSection(changelog, '0.1.0')).toBe('- First.')
})

test.each(['0.3.0', '0.2', 'Unreleased', ''])('there is no section of "%s"', (version) => {
  expect(changelogSection(changelog, version)).toBeNull()
})

test('CHANGELOG.md has a section of the version in package.json, which release-please also has', async () => {
  const { version } = JSON.parse(await read('package.json'))
  expect(changelogSection(await read('CHANGELOG.md'), version)).not.toBeNull()
  expect(JSON.parse(await read('.release-please-manifest.json'))).toEqual({ '.': version })
})
