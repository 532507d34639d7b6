import { defineMessages, text } from '../../platform/messages/message.ts'

type Exceeded = Readonly<Record<'meter' | 'period', string> & Record<'limit' | 'used', number>>

const exceededEn =
  'Your plan includes {limit, number} {meter, select, STORAGE_BYTES {{limit, plural, one {byte} other {bytes}} of storage} UPLOADS {{limit, plural, one {upload} other {uploads}}} VIDEOS {{limit, plural, one {video} other {videos}}} COACH_TOKENS {{limit, plural, one {coach token} other {coach tokens}}} other {{limit, plural, one {data export} other {data exports}}}}{period, select, WEEK { per week} MONTH { per month} other {}}, and {used, plural, one {# is} other {# are}} used. Too few are left for this request.'
const exceededKo =
  '현재 요금제에서는 {period, select, WEEK {매주 } MONTH {매월 } other {}}{meter, select, STORAGE_BYTES {저장 공간 {limit, number}바이트} UPLOADS {업로드 {limit, number}개} VIDEOS {동영상 {limit, number}개} COACH_TOKENS {코치 토큰 {limit, number}개} other {데이터 내보내기 {limit, number}회}}까지 사용할 수 있으며, 이미 {used, number}{meter, select, STORAGE_BYTES {바이트를} DATA_EXPORTS {회를} other {개를}} 사용했습니다. 남은 양이 이 요청에 부족합니다.'

export const usageMessages = defineMessages({
  quotaExceeded: text<Exceeded>(
    `${exceededEn} Delete files that you no longer need, or switch to a larger plan.`,
    `${exceededKo} 더 이상 필요하지 않은 파일을 삭제하거나 더 큰 요금제로 변경하세요.`,
  ),
  quotaExceededUntil: text<Exceeded & { readonly resetAt: Date }>(
    `${exceededEn} Wait until {resetAt, date, instant}, or switch to a larger plan.`,
    `${exceededKo} {resetAt, date, instant}까지 기다리거나 더 큰 요금제로 변경하세요.`,
  ),
})
