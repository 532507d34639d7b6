import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'

/** Records its arguments, keeps secrets as Secret Manager does, and copies the files that it is given. */
const gcloud = `#!/bin/sh
set -eu
cd "$(dirname "$0")"
shift 3 # --project NAME --quiet
echo "$*" >> calls
case "$*" in
  'secrets versions add '*) cat > "secret-$4" ;;
  'secrets versions access latest --secret '*) cat "secret-$6" ;;
  'secrets create '*) touch "created-$3" ;;
  'secrets describe '*) test -e "created-$3" ;;
  'run services replace '*) cat "$4" > service.yaml ;;
  'projects describe '*) echo 123456789 ;;
  'scheduler jobs describe '*) test -e scheduler.yaml ;;
  'scheduler jobs '*) for last; do :; done; cat "$last" > scheduler.yaml ;;
esac
`

const settings = {
  CORS_ORIGINS: 'https://app.example.com,https://staging.example.com',
  CLERK_ISSUER: 'https://clerk.example.com',
  CLERK_AUTHORIZED_PARTIES: 'https://app.example.com',
  R2_ACCOUNT_ID: 'account',
  R2_BUCKET_NAME: 'uploads',
  R2_ACCESS_KEY_ID: 'key-id',
}
const secrets = {
  DATABASE_URL: 'postgresql://pacer_app:p&ss$word@db.example.com/pacer?sslmode=require',
  DIRECT_URL: 'postgresql://owner:other@db.example.com/pacer',
  CLERK_SECRET_KEY: 'sk_live_secret',
  CLERK_WEBHOOK_SECRET: 'whsec_c2VjcmV0',
  R2_SECRET_ACCESS_KEY: 'r2-secret',
  EMAIL_ENC_KEY: 'encryption-key',
  EMAIL_INDEX_KEY: 'index-key',
  CRON_SECRET: 'cron-secret-of-32-characters-or-more',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-gcloud-'))
  await writeFile(join(folder, 'gcloud'), gcloud)
  await chmod(join(folder, 'gcloud'), 0o755)
})
afterAll(() => rm(folder, { recursive: true }))

async function setUp(variables: Record<string, string>): Promise<string> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"`)
  await writeFile(join(folder, 'settings'), `# A comment\n${lines.join('\n')}\n`)
  const script = fileURLToPath(new URL('../ops/deploy/google-cloud/setup.sh', import.meta.url))
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env.PATH}`,
    GOOGLE_CLOUD_PROJECT: 'p',
    REGION: 'europe-west3',
  }
  const { stdout } = await promisify(execFile)('bash', [script, join(folder, 'settings')], { env })
  return stdout
}

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')

test('missing settings are named, and nothing is called', async () => {
  const { EMAIL_ENC_KEY: _, ...rest } = secrets
  await expect(setUp({ ...settings, ...rest, R2_ACCOUNT_ID: '' })).rejects.toThrow(
    'has no value for: R2_ACCOUNT_ID EMAIL_ENC_KEY.',
  )
  await expect(calls()).rejects.toThrow()
})

test('a value that would change service.yaml is refused before anything is called', async () => {
  await expect(setUp({ ...settings, ...secrets, CLERK_ISSUER: "https://x', value: y" })).rejects.toThrow(
    'The value of CLERK_ISSUER contains a quote.',
  )
  await expect(calls()).rejects.toThrow()
})

test('the service is deployed with every setting, and no secret is an argument', async () => {
  const stdout = await setUp({ ...settings, ...secrets })
  expect(stdout).toContain('Deployed: https://pacer-123456789.europe-west3.run.app.')
  for (const secret of Object.values(secrets)) expect((await calls()).join('\n')).not.toContain(secret)

  const text = await readFile(join(folder, 'service.yaml'), 'utf8')
  expect(text.replaceAll(/^ *#.*$/gm, '')).not.toMatch(/\$\{/)
  const { env } = parse(text).spec.template.spec.containers[0]
  const values = Object.fromEntries(env.map((each: { name: string; value?: string }) => [each.name, each.value]))
  expect(values).toMatchObject({
    ...settings,
    PUBLIC_URL: 'https://pacer-123456789.europe-west3.run.app',
    ALLOWED_HOSTS: 'pacer-123456789.europe-west3.run.app',
  })
  for (const [name, secret] of Object.entries(secrets)) {
    expect(values).toHaveProperty(name, undefined)
    expect(await readFile(join(folder, `secret-${name}`), 'utf8')).toBe(secret)
  }
  expect(parse(await readFile(join(folder, 'scheduler.yaml'), 'utf8'))).toEqual({
    '--schedule': '0 */3 * * *',
    '--uri': 'https://pacer-123456789.europe-west3.run.app/cron/tick',
    '--http-method': 'POST',
    '--attempt-deadline': '60s',
    '--headers': { Authorization: `Bearer ${secrets.CRON_SECRET}` },
  })
  const order = ['builds submit', 'run services replace', 'run services add-iam', 'scheduler jobs create http']
  const places = await Promise.all(
    order.map(async (beginning) => (await calls()).findIndex((call) => call.startsWith(beginning))),
  )
  expect(places).toEqual(places.toSorted((one, other) => one - other))
  expect(places[0]).toBeGreaterThan(0)
})

test('after that, a second run creates nothing again, and stores only the secret that changed', async () => {
  const before = (await calls()).length
  await setUp({ ...settings, ...secrets, CRON_SECRET: 'another-cron-secret-of-32-characters' })
  const again = (await calls()).slice(before)
  expect(again.filter((call) => /^(secrets|scheduler jobs) create/.test(call))).toEqual([])
  expect(again.filter((call) => call.startsWith('secrets versions add'))).toEqual([
    'secrets versions add CRON_SECRET --data-file -',
  ])
  expect(await readFile(join(folder, 'scheduler.yaml'), 'utf8')).toContain('--update-headers:')
})
