import { defineMessages, text } from '../../platform/messages/message.ts'

export const uploadMessages = defineMessages({
  notFound: text('The upload was not found.', '업로드를 찾을 수 없습니다.'),
  deleted: text(
    'The upload was not found. It was deleted. Use a new idempotency key for a new request.',
    '업로드를 찾을 수 없습니다. 이미 삭제되었습니다. 새 요청에는 새 멱등성 키를 사용하세요.',
  ),
  incomplete: text(
    'The file is incomplete. Send the missing data, then complete the upload again.',
    '파일이 완전하지 않습니다. 빠진 데이터를 보낸 후 업로드를 다시 완료하세요.',
  ),
  rejected: text<{ reason: string }>(
    '{reason, select, SIZE_MISMATCH {The size of the file is not the declared size.} TYPE_MISMATCH {The media type of the file is not the declared media type.} CONTENT_MISMATCH {The content of the file does not match a supported file type.} other {The file was damaged in transfer: its checksum is not the declared checksum.}} It was removed. Request a new upload.',
    '{reason, select, SIZE_MISMATCH {파일 크기가 선언한 크기와 다릅니다.} TYPE_MISMATCH {파일의 미디어 유형이 선언한 유형과 다릅니다.} CONTENT_MISMATCH {파일 내용이 지원하는 파일 형식이 아닙니다.} other {전송 중에 파일이 손상되었습니다. 체크섬이 선언한 값과 다릅니다.}} 파일은 삭제되었습니다. 새 업로드를 요청하세요.',
  ),
  notPending: text(
    'The upload has already ended, so it cannot be cancelled.',
    '이미 끝난 업로드이므로 취소할 수 없습니다.',
  ),
  expired: text(
    'The upload was cancelled or not completed in time. Request a new upload, with a new idempotency key.',
    '업로드가 취소되었거나 제한 시간 안에 완료되지 않았습니다. 새 멱등성 키로 새 업로드를 요청하세요.',
  ),
  unsupportedType: text<{ types: string }>(
    'The media type must be one of {types}.',
    '지원하는 미디어 유형이 아닙니다. 지원하는 유형: {types}.',
  ),
  filenameLength: text('The file name must have 1 to 255 characters.', '파일 이름은 1~255자여야 합니다.'),
  filenameUnicode: text(
    'The file name contains an invalid Unicode character.',
    '파일 이름에 잘못된 유니코드 문자가 있습니다.',
  ),
  filenameControl: text('The file name contains a control character.', '파일 이름에 제어 문자가 있습니다.'),
  filenamePath: text('The file name must not be a path.', '파일 이름은 경로일 수 없습니다.'),
  empty: text('The file is empty.', '빈 파일입니다.'),
  tooLarge: text<{ mebibytes: number }>(
    'The file is too large. The maximum is {mebibytes, number} MiB.',
    '파일이 너무 큽니다. 최대 크기는 {mebibytes, number} MiB입니다.',
  ),
  md5WithParts: text(
    'A file that is sent in parts cannot have `contentMd5`. Omit it.',
    '여러 부분으로 나누어 보내는 파일에는 `contentMd5`를 사용할 수 없습니다. 생략하세요.',
  ),
  invalidMd5: text(
    '`contentMd5` must be 16 bytes, encoded as Base64.',
    '`contentMd5`는 Base64로 인코딩한 16바이트여야 합니다.',
  ),
  partsOfSmallFile: text(
    'This file is sent in one request. Omit `parts`.',
    '이 파일은 한 번의 요청으로 보냅니다. `parts`를 생략하세요.',
  ),
  invalidParts: text<{ parts: number }>(
    'List each part from 1 to {parts, number} exactly once.',
    '1부터 {parts, number}까지 각 부분을 정확히 한 번씩 적으세요.',
  ),
})
