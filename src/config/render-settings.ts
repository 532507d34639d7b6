import { allSettings, type NamedSetting, settingGroups } from './settings.ts'

/** The text of `.env.example`: every variable, commented out, with its default. */
export function renderExample(): string {
  const lines = [
    '# Every environment variable that Pacer reads. Copy this file to .env and fill in what you need: development needs',
    '# nothing. Generated from src/config/settings/ by `npm run check:env -- --write`.',
  ]
  for (const { title } of settingGroups) {
    lines.push('', `# ---- ${title}`)
    for (const setting of settingsOf(title)) lines.push('', ...renderVariable(setting))
  }
  return `${lines.join('\n')}\n`
}

function renderVariable({
  name,
  description,
  requiredInProduction,
  secret,
  aliases,
  default: value = '',
}: NamedSetting) {
  const notes = [
    description,
    requiredInProduction ? 'Required in production.' : '',
    secret ? 'Secret.' : '',
    aliases ? `Alias: ${aliases.join(', ')}.` : '',
  ]
  return [`# ${notes.filter(Boolean).join(' ')}`, `#${name}=${value}`]
}

/** A heading and a table in Markdown for each group. */
export function renderTables(): string {
  return settingGroups.map(({ title }) => renderTable(title)).join('\n\n')
}

function renderTable(title: string): string {
  return [
    `## ${title}`,
    '',
    '| variable | default | required in production | secret | description |',
    '| --- | --- | --- | --- | --- |',
    ...settingsOf(title).map(renderRow),
  ].join('\n')
}

function renderRow({ name, aliases = [], default: value, requiredInProduction, secret, description }: NamedSetting) {
  const names = [name, ...aliases].map((each) => `\`${each}\``).join(', ')
  const cells = [
    names,
    value ? `\`${value}\`` : '',
    requiredInProduction ? 'yes' : '',
    secret ? 'yes' : '',
    description,
  ]
  return `| ${cells.join(' | ')} |`
}

function settingsOf(title: string): readonly NamedSetting[] {
  return allSettings.filter(({ group }) => group === title)
}
