import { defineMessages, text } from '../../platform/messages/message.ts'

export const activityMessages = defineMessages({
  notFound: text('The activity was not found.', '운동 기록을 찾을 수 없습니다.'),
  sportIsNull: text('The sport cannot be null. Use OTHER.', '종목은 null일 수 없습니다. OTHER를 사용하세요.'),
  titleLength: text('The title must have 1 to 200 characters.', '제목은 1~200자여야 합니다.'),
  invalidTitle: text(
    'The title contains a control character or an invalid Unicode character.',
    '제목에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
  periods: text<{ max: number }>(
    'The number of periods must be 1 to {max, number}.',
    '기간의 수는 1~{max, number}이어야 합니다.',
  ),
  hasFile: text(
    'This activity already has a file or a pending upload.',
    '이 운동 기록에는 이미 파일 또는 진행 중인 업로드가 있습니다.',
  ),
  otherKind: text(
    'Only a file of kind ACTIVITY can be attached to an activity.',
    'ACTIVITY 종류의 파일만 운동 기록에 첨부할 수 있습니다.',
  ),
})

const again = {
  en: 'Export it again from your device or app and upload it again.',
  ko: '기기 또는 앱에서 다시 내보낸 후 다시 업로드하세요.',
}
const otherExport = { en: 'Upload another export of it.', ko: '다른 방법으로 내보낸 파일을 업로드하세요.' }
const split = { en: 'Split the recording and upload its parts.', ko: '기록을 나누어 각 부분을 업로드하세요.' }
const separately = {
  en: 'Export them one by one and upload each.',
  ko: '하나씩 내보낸 후 각각 업로드하세요.',
}
const recording = { en: 'Upload the recording of an activity.', ko: '운동을 기록한 파일을 업로드하세요.' }

/** Why the file of an activity cannot be read. They are stored: a key that a release has used keeps its meaning and values. */
export const recordingMessages = defineMessages({
  missingFile: text('The file no longer exists. Upload it again.', '파일이 더 이상 없습니다. 다시 업로드하세요.'),
  /** The last attempt to read the file has failed. */
  unreadable: text(
    'The file could not be read. Upload it again, or export it again from your device or app.',
    '파일을 읽을 수 없습니다. 다시 업로드하거나 기기 또는 앱에서 다시 내보내세요.',
  ),
  /** Reading the file has twice ended the process that read it. */
  endsItsReader: text(
    `This file cannot be read: reading it was ended twice before it had a result. ${again.en}`,
    `파일을 읽을 수 없습니다. 결과가 나오기 전에 읽기가 두 번 중단되었습니다. ${again.ko}`,
  ),
  takesTooLong: text(`This file takes too long to read. ${split.en}`, `파일을 읽는 데 너무 오래 걸립니다. ${split.ko}`),
  tooLarge: text(`This file is too large to read. ${split.en}`, `파일이 너무 커서 읽을 수 없습니다. ${split.ko}`),
  tooManyPoints: text(
    'This recording is too long to read. Split it into parts and upload them one by one.',
    '기록이 너무 길어 읽을 수 없습니다. 여러 부분으로 나누어 하나씩 업로드하세요.',
  ),
  tooManyFitMessages: text<{ max: number }>(
    `This file has more than {max, number} messages, more than a recording of an activity has. ${split.en}`,
    `이 파일에는 메시지가 {max, number}개보다 많습니다. 운동 기록에는 그만큼 많지 않습니다. ${split.ko}`,
  ),
  empty: text(
    'This file is empty. Export it again and upload it again.',
    '빈 파일입니다. 다시 내보낸 후 다시 업로드하세요.',
  ),
  compressed: text(
    'This file is compressed. Unpack it and upload the FIT, GPX or TCX file inside.',
    '압축된 파일입니다. 압축을 풀고 그 안의 FIT, GPX 또는 TCX 파일을 업로드하세요.',
  ),
  otherFormat: text(
    'This is not a FIT, GPX or TCX file. Export the activity in one of these formats and upload it.',
    'FIT, GPX 또는 TCX 파일이 아닙니다. 운동 기록을 이 형식 중 하나로 내보낸 후 업로드하세요.',
  ),
  damaged: text(
    `This file is damaged and cannot be read. ${again.en}`,
    `파일이 손상되어 읽을 수 없습니다. ${again.ko}`,
  ),
  damagedHeader: text(
    `This file is damaged: its header is not FIT''s. ${again.en}`,
    `파일이 손상되었습니다. 헤더가 FIT 형식이 아닙니다. ${again.ko}`,
  ),
  damagedChecksum: text(
    `This file is damaged: its checksum does not match. ${again.en}`,
    `파일이 손상되었습니다. 체크섬이 일치하지 않습니다. ${again.ko}`,
  ),
  longerThanStated: text(
    `This file is damaged: it is longer than its header states. ${again.en}`,
    `파일이 손상되었습니다. 헤더에 적힌 길이보다 깁니다. ${again.ko}`,
  ),
  malformedXml: text(
    `This file is damaged or cut off: its XML is not well-formed. ${again.en}`,
    `파일이 손상되었거나 중간에 잘렸습니다. XML 형식이 올바르지 않습니다. ${again.ko}`,
  ),
  neverFinished: text(
    `This file was never finished by the device that wrote it. ${again.en}`,
    `기기가 이 파일의 기록을 끝내지 못했습니다. ${again.ko}`,
  ),
  cutOff: text(
    `This file is cut off: its end is missing. ${again.en}`,
    `파일이 중간에 잘렸습니다. 끝부분이 없습니다. ${again.ko}`,
  ),
  severalRecordings: text(
    `This file holds several recordings in a row. ${separately.en}`,
    `이 파일에는 여러 기록이 이어져 있습니다. ${separately.ko}`,
  ),
  severalActivities: text(
    `This file holds several activities. ${separately.en}`,
    `이 파일에는 여러 운동이 들어 있습니다. ${separately.ko}`,
  ),
  otherFitFile: text<{ type: string }>(
    `This file holds {type, select, course {a course to follow} workout {a workout plan} schedules {a training plan} settings {the settings of a device} device {the description of a device} sport {the settings of a sport} segment {a segment} segment_list {a list of segments} locations {saved places} weight {weigh-ins} blood_pressure {blood pressure readings} totals {the totals of a device} goals {goals} monitoring_a {daily steps} monitoring_b {daily steps} monitoring_daily {daily steps} other {something else}}, not an activity. ${recording.en}`,
    `이 파일의 내용은 운동 기록이 아니라 {type, select, course {따라갈 코스} workout {운동 계획} schedules {훈련 계획} settings {기기 설정} device {기기 정보} sport {종목 설정} segment {구간} segment_list {구간 목록} locations {저장된 장소} weight {체중 기록} blood_pressure {혈압 기록} totals {기기의 누적 기록} goals {목표} monitoring_a {하루 걸음 수} monitoring_b {하루 걸음 수} monitoring_daily {하루 걸음 수} other {다른 내용}}입니다. ${recording.ko}`,
  ),
  noActivity: text(`This file holds no activity. ${recording.en}`, `이 파일에는 운동 기록이 없습니다. ${recording.ko}`),
  course: text(
    'This file holds no activity. Upload the recording of an activity, not a course or plan.',
    '이 파일에는 운동 기록이 없습니다. 코스나 계획이 아니라 운동을 기록한 파일을 업로드하세요.',
  ),
  route: text(
    'This file has no times: it is a route to follow, not an activity. Upload the recording of an activity.',
    '이 파일에는 시각이 없습니다. 운동 기록이 아니라 따라갈 경로입니다. 운동을 기록한 파일을 업로드하세요.',
  ),
  documentType: text(
    `This file has a document type (DTD), which we do not read. ${otherExport.en}`,
    `이 파일에는 읽을 수 없는 문서 형식 선언(DTD)이 있습니다. ${otherExport.ko}`,
  ),
  tooManyNames: text<{ max: number }>(
    `This file''s XML has more than {max, number} different names, which no recording has. ${otherExport.en}`,
    `이 파일의 XML에는 서로 다른 이름이 {max, number}개보다 많습니다. 운동 기록이 아닙니다. ${otherExport.ko}`,
  ),
  tooDeep: text<{ max: number }>(
    `This file''s XML has elements nested more than {max, number} levels deep, which no recording has. ${otherExport.en}`,
    `이 파일의 XML은 {max, number}단계보다 깊습니다. 운동 기록이 아닙니다. ${otherExport.ko}`,
  ),
  tooManyAttributes: text<{ max: number }>(
    `This file''s XML has an element with more than {max, number} attributes, which no recording has. ${otherExport.en}`,
    `이 파일의 XML에는 속성이 {max, number}개보다 많은 요소가 있습니다. 운동 기록이 아닙니다. ${otherExport.ko}`,
  ),
  noStart: text(
    `This file does not say when the activity took place. ${otherExport.en}`,
    `이 파일에는 운동한 시각이 없습니다. ${otherExport.ko}`,
  ),
})
