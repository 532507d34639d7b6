import { defineMessages, text } from '../../platform/messages/message.ts'

export const userMessages = defineMessages({
  notFound: text('The user was not found.', '사용자를 찾을 수 없습니다.'),
  onlyAdminsListUsers: text('Only admins can list users.', '관리자만 사용자 목록을 볼 수 있습니다.'),
  tokenExpired: text(
    'The session token has expired. Get a new token and try again.',
    '세션 토큰이 만료되었습니다. 새 토큰을 받아 다시 시도하세요.',
  ),
  tokenInvalid: text(
    'The session token is invalid. Sign in again.',
    '세션 토큰이 올바르지 않습니다. 다시 로그인하세요.',
  ),
  nameRejected: text<{ reason: string }>(
    'Clerk rejected the name: {reason}',
    'Clerk에서 이름을 거부했습니다: {reason}',
  ),
  nameTooLong: text<{ max: number }>(
    'A name can have at most {max, number} characters.',
    '이름은 {max, number}자까지 입력할 수 있습니다.',
  ),
  invalidName: text(
    'The name contains a control character or an invalid Unicode character.',
    '이름에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
  invalidTimeZone: text(
    'This is not a valid IANA time zone. Example: Europe/Berlin.',
    '올바른 IANA 시간대가 아닙니다. 예: Asia/Seoul.',
  ),
  invalidLocale: text(
    'This is not a valid BCP 47 language tag. Examples: de, pt-BR.',
    '올바른 BCP 47 언어 태그가 아닙니다. 예: ko, pt-BR.',
  ),
  searchTooLong: text<{ max: number }>(
    'The search text can have at most {max, number} characters. Enter an email address or the start of a name.',
    '검색어는 {max, number}자까지 입력할 수 있습니다. 이메일 주소 또는 이름의 앞부분을 입력하세요.',
  ),
  invalidSearch: text(
    'The search text contains a control character or an invalid Unicode character.',
    '검색어에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
})
