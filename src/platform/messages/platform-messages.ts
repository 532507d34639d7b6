import { defineMessages, text } from './message.ts'

/** Messages that belong to no domain. */
export const platformMessages = defineMessages({
  invalidInput: text('The input is not valid.', '입력값이 올바르지 않습니다.'),
  objectNotFound: text('The object was not found.', '대상을 찾을 수 없습니다.'),
  streamNotFound: text('The stream was not found.', '스트림을 찾을 수 없습니다.'),
  invalidId: text<{ type: string }>('This is not a valid {type} ID.', '올바른 {type} ID가 아닙니다.'),
  idempotencyConflict: text(
    'The idempotency key was already used with a different input. Use a new key for a new request.',
    '이 멱등성 키는 이미 다른 입력값으로 사용되었습니다. 새 요청에는 새 키를 사용하세요.',
  ),
  invalidIdempotencyKey: text(
    'The idempotency key must have 1 to 200 printable characters.',
    '멱등성 키는 출력할 수 있는 문자 1~200자여야 합니다.',
  ),
  serviceUnavailable: text(
    'The server cannot respond at the moment. Try again shortly. A request with an idempotency key is not carried out twice.',
    '지금은 서버가 응답할 수 없습니다. 잠시 후 다시 시도하세요. 멱등성 키가 있는 요청은 두 번 실행되지 않습니다.',
  ),
  providerUnavailable: text<{ provider: string }>(
    '{provider, select, fileStore {The file store} other {{provider}}} is temporarily unavailable. Try again shortly.',
    '{provider, select, fileStore {파일 저장소} other {{provider}}}에 일시적으로 연결할 수 없습니다. 잠시 후 다시 시도하세요.',
  ),
  unauthenticated: text(
    'Not authenticated. Send a session token as `Authorization: Bearer …`.',
    '로그인이 필요합니다. 세션 토큰을 `Authorization: Bearer …` 헤더로 보내세요.',
  ),
  internalError: text(
    'Internal server error. Try again. If the problem persists, contact support with the request ID.',
    '서버 내부 오류가 발생했습니다. 다시 시도하세요. 문제가 계속되면 요청 ID와 함께 고객 지원에 문의하세요.',
  ),
})
