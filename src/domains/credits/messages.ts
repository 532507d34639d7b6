import { defineMessages, text } from '../../platform/messages/message.ts'

export const creditMessages = defineMessages({
  walletNotFound: text('The wallet was not found.', '지갑을 찾을 수 없습니다.'),
  onlyAdminsGrant: text('Only admins can grant credits.', '관리자만 크레딧을 지급할 수 있습니다.'),
  onlyAdminsSeeOwed: text('Only admins can see owed credits.', '관리자만 미지급 크레딧을 볼 수 있습니다.'),
  insufficient: text<{ required: number; available: number }>(
    'This requires {required, plural, one {# credit} other {# credits}}, but you have only {available, number}.',
    '크레딧이 부족합니다. {required, number} 크레딧이 필요하지만 {available, number} 크레딧만 남아 있습니다.',
  ),
  holdEnded: text<{ reference: string; state: string }>(
    'The credits held for {reference} were already {state}.',
    '예약된 크레딧이 이미 처리되었습니다: {reference} ({state}).',
  ),
  captureTooLarge: text<{ reference: string; held: number }>(
    'Only {held, plural, one {# credit is} other {# credits are}} held for {reference}.',
    '예약된 크레딧은 {held, number}뿐입니다: {reference}.',
  ),
  noSpend: text('The ledger has no spend with this key.', '이 키로 사용한 크레딧 내역이 없습니다.'),
  noGrant: text('The ledger has no grant with this key.', '이 키로 지급한 크레딧 내역이 없습니다.'),
  noHold: text<{ reference: string }>('No credits are held for {reference}.', '예약된 크레딧이 없습니다: {reference}.'),
  balanceTooLarge: text(
    'A balance can have at most 2,147,483,647 credits.',
    '잔액은 2,147,483,647 크레딧을 넘을 수 없습니다.',
  ),
  invalidAmount: text(
    'The number of credits must be an integer of 1 or more.',
    '크레딧 수는 1 이상의 정수여야 합니다.',
  ),
  expiryNotInFuture: text('The expiry time must be in the future.', '만료 시각은 미래여야 합니다.'),
  reasonLength: text('The reason must have 1 to 500 characters.', '사유는 1~500자여야 합니다.'),
  invalidReason: text(
    'The reason contains a control character or an invalid Unicode character.',
    '사유에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
})
