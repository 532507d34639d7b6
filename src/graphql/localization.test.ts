import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createActivity, createUser } from '../testing/factories.ts'
import { plansWith } from '../testing/plans.ts'
import { uploadInput } from '../testing/upload-steps.ts'

const email = 'ada@example.com'
let app: TestApp
let userId: string
beforeAll(async () => {
  const limits = [{ meter: 'UPLOADS', period: 'MONTH', limit: 0 }] as const
  app = await startTestApp({ plans: plansWith('FREE', limits) })
  userId = (await createUser(app, email)).id
})
afterAll(() => app[Symbol.asyncDispose]())

interface Requested {
  readonly query: string
  readonly variables?: object
  readonly language?: string
  /** Default: a token of the user. */
  readonly authorization?: string | null
}

async function ask({ query, variables, language, authorization }: Requested) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === null ? {} : { authorization: authorization ?? `Bearer ${await app.token(email)}` }),
      ...(language === undefined ? {} : { 'accept-language': language }),
    },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as {
    data: Record<string, unknown>
    errors?: { message: string; extensions: object }[]
  }
}

const choose = (chosenLocale: string | null, timeZone = 'UTC') =>
  app.app.db.prisma.user.update({ where: { id: userId }, data: { chosenLocale, timeZone } })

const update = `mutation { updateProfile(input: { timeZone: "Mars", locale: "?" }) {
  ... on InvalidInputError { message issues { message } } } }`
const korean = ['올바른 IANA 시간대가 아닙니다. 예: Asia/Seoul.', '올바른 BCP 47 언어 태그가 아닙니다. 예: ko, pt-BR.']
const english = [
  'This is not a valid IANA time zone. Example: Europe/Berlin.',
  'This is not a valid BCP 47 language tag. Examples: de, pt-BR.',
]

describe('the language of a typed error', () => {
  test.each([
    ['English without a choice and a header', null, undefined, english],
    ['that of Accept-Language', null, 'fr;q=0.9, ko-KR, en;q=0.8', korean],
    ['English where the header names none of ours', null, 'fr, de', english],
    ['English for a header that is too long', null, `ko, ${'fr, '.repeat(300)}`, english],
    ["the user's choice before that of the header", 'ko-KR', 'en', korean],
    ['English for a choice that is neither', 'de', 'ko', english],
  ])('is %s', async (_, locale, language, messages) => {
    await choose(locale)
    const { data } = await ask({ query: update, ...(language === undefined ? {} : { language }) })
    expect(data).toEqual({
      updateProfile: { message: messages.join(' '), issues: messages.map((message) => ({ message })) },
    })
  })

  test('follows updateProfile, and null leaves the choice to the header again', async () => {
    const change = (locale: string | null) =>
      ask({
        query: 'mutation ($locale: String) { updateProfile(input: { locale: $locale }) { __typename } }',
        variables: { locale },
      })
    await change('ko')
    expect((await ask({ query: '{ me { locale } }' })).data).toEqual({ me: { locale: 'ko' } })
    await change(null)
    expect((await ask({ query: '{ me { locale } }' })).data).toEqual({ me: { locale: null } })
  })
})

test('an instant in a message is in the time zone of the user', async () => {
  await choose('ko', 'Asia/Seoul')
  app.now = new Date('2026-11-15T12:00:00Z')
  const request = `mutation ($input: RequestUploadInput!) { requestUpload(input: $input) {
    ... on QuotaExceededError { message } } }`
  const { data } = await ask({ query: request, variables: { input: uploadInput() } })
  expect(data).toEqual({
    requestUpload: {
      message:
        '현재 요금제에서는 매월 업로드 0개까지 사용할 수 있으며, 이미 0개를 사용했습니다. 남은 양이 이 요청에 부족합니다. 2026년 12월 1일 오전 12:00 GMT+9까지 기다리거나 더 큰 요금제로 변경하세요.',
    },
  })
})

describe('errors outside of unions', () => {
  test.each([
    ['a refused token', '{ me { id } }', 'Bearer x.y.z', '세션 토큰이 올바르지 않습니다. 다시 로그인하세요.'],
    [
      'a field that requires authentication',
      'mutation { deleteAccount(input: { confirm: "" }) { __typename } }',
      null,
      '로그인이 필요합니다. 세션 토큰을 `Authorization: Bearer …` 헤더로 보내세요.',
    ],
  ])('%s', async (_, query, authorization, message) => {
    const { errors } = await ask({ query, authorization, language: 'ko' })
    expect(errors).toMatchObject([{ message, extensions: { code: 'UNAUTHENTICATED' } }])
  })

  test('a query for admins only', async () => {
    await choose('ko')
    const { errors } = await ask({ query: '{ users { totalCount } }' })
    expect(errors).toMatchObject([
      { message: '관리자만 사용자 목록을 볼 수 있습니다.', extensions: { code: 'FORBIDDEN' } },
    ])
  })
})

test('why a file cannot be read is in the language of the viewer, and in English where an earlier release stored it', async () => {
  const stored = { key: 'tooManyNames', values: { max: 1_000 } }
  await createActivity(app, { id: userId }, { status: 'FAILED', failure: 'In English.', failureMessage: stored })
  await createActivity(app, { id: userId }, { status: 'FAILED', failure: 'From an earlier release.' })
  await choose('ko')
  const { data } = await ask({ query: '{ me { activities { edges { node { failure } } } } }' })
  const failures = (data as { me: { activities: { edges: { node: { failure: string } }[] } } }).me.activities.edges
  expect(failures.map(({ node }) => node.failure).sort()).toEqual([
    'From an earlier release.',
    '이 파일의 XML에는 서로 다른 이름이 1,000개보다 많습니다. 운동 기록이 아닙니다. 다른 방법으로 내보낸 파일을 업로드하세요.',
  ])
})

test('the previous release reads and writes the locale that it knows', async () => {
  const { owner } = app
  const locales = async () =>
    (await owner.query('SELECT locale, chosen_locale FROM users WHERE id = $1', [userId])).rows[0]
  await choose('ko')
  expect(await locales()).toEqual({ locale: 'ko', chosen_locale: 'ko' })
  await owner.query("UPDATE users SET locale = 'pt-BR' WHERE id = $1", [userId])
  expect(await locales()).toEqual({ locale: 'pt-BR', chosen_locale: 'pt-BR' })
  await owner.query("UPDATE users SET locale = 'en' WHERE id = $1", [userId])
  expect(await locales()).toEqual({ locale: 'en', chosen_locale: null })
  await choose('en-GB')
  expect(await locales()).toEqual({ locale: 'en-GB', chosen_locale: 'en-GB' })
  await choose(null)
  expect(await locales()).toEqual({ locale: 'en', chosen_locale: null })
})
