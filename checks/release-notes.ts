/* `node checks/release-notes.ts 0.2.0` prints the section of CHANGELOG.md about a version, for its release on GitHub. */
import { readFileSync } from 'node:fs'
import { changelogSection } from './changelog-section.ts'

const [version = ''] = process.argv.slice(2)
const changelog = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8')
const section = changelogSection(changelog, version)
if (section === null) {
  console.error(
    `CHANGELOG.md has no section "## ${version}". Rename "## Unreleased" in the commit that starts the release.`,
  )
  process.exitCode = 1
} else console.log(section)
