import { defineMessages, text } from '../../platform/messages/message.ts'

export const notificationMessages = defineMessages({
  notFound: text('The notification was not found.', '알림을 찾을 수 없습니다.'),
  receiptNotFound: text(
    'The receipt token is not valid, or its notification was deleted.',
    '수신 확인 토큰이 올바르지 않거나 알림이 삭제되었습니다.',
  ),
  idsOrUpTo: text('Set either `ids` or `upTo`, not both.', '`ids`와 `upTo` 중 하나만 지정하세요.'),
  tooManyIds: text<{ max: number }>(
    'At most {max, number} notifications can be marked at once. To mark all, use `upTo`.',
    '한 번에 {max, number}개까지 표시할 수 있습니다. 모두 표시하려면 `upTo`를 사용하세요.',
  ),
  invalidCursor: text(
    'This is not the cursor of a notification. Use a cursor that this server returned.',
    '알림의 커서가 아닙니다. 이 서버에서 받은 커서를 사용하세요.',
  ),
  invalidLocalTime: text(
    'A local time must have the form HH:MM, from 00:00 to 23:59.',
    '현지 시각은 00:00부터 23:59까지 HH:MM 형식이어야 합니다.',
  ),
  emptyQuietHours: text(
    'Quiet hours must end at another time than they begin.',
    '방해 금지 시간의 시작과 끝은 서로 다른 시각이어야 합니다.',
  ),
  repeatedChannel: text('A channel may be listed only once.', '같은 채널을 두 번 지정할 수 없습니다.'),
  repeatedKind: text('A kind may be listed only once.', '같은 알림 종류를 두 번 지정할 수 없습니다.'),
  tokenOrSubscription: text(
    'A browser is registered by `subscription`, an app by `token`.',
    '브라우저는 `subscription`으로, 앱은 `token`으로 등록합니다.',
  ),
  invalidSubscription: text(
    'This is not a push subscription: the endpoint must be an https URL, and the keys base64url of 65 and 16 bytes.',
    '올바른 푸시 구독이 아닙니다. 엔드포인트는 https URL, 키는 각각 65바이트와 16바이트의 base64url이어야 합니다.',
  ),
  invalidToken: text(
    'A token must have 1 to 4,096 printable characters.',
    '토큰은 출력할 수 있는 문자 1~4,096자여야 합니다.',
  ),
  endpointNotPublic: text(
    'The endpoint must be an https URL of a public push service.',
    '엔드포인트는 공개 푸시 서비스의 https URL이어야 합니다.',
  ),
  labelLength: text('A label can have at most 100 characters.', '이름은 100자까지 입력할 수 있습니다.'),
  invalidLabel: text(
    'The label contains a control character or an invalid Unicode character.',
    '이름에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
  missingSetting: text<{ setting: string }>(
    'This server does not offer the channel: {setting} is not set.',
    '이 서버에서 제공하지 않는 채널입니다. 없는 설정: {setting}.',
  ),
  notOffered: text('This server does not offer the channel.', '이 서버에서 제공하지 않는 채널입니다.'),
  noDevice: text(
    'Register a device first, with `registerPushDevice`.',
    '먼저 `registerPushDevice`로 기기를 등록하세요.',
  ),
})

/** Why a delivery failed or was skipped. They are stored: a key that a release has used keeps its meaning and values. */
export const deliveryFailures = defineMessages({
  channelUnavailable: text('The channel could not be used for this user.', '이 사용자에게 사용할 수 없는 채널입니다.'),
  alreadyRead: text('It was read before it was sent.', '보내기 전에 이미 읽었습니다.'),
  tooLate: text('It could not be sent while it still helped.', '도움이 되는 시간 안에 보낼 수 없었습니다.'),
  quietHours: text(
    'It would have been sent after the quiet hours, too late to help.',
    '방해 금지 시간이 끝난 뒤에는 너무 늦어 보내지 않았습니다.',
  ),
  answerLost: text(
    'The answer was lost, so it may or may not have been sent. It is not sent again.',
    '응답을 받지 못해 전송 여부를 알 수 없습니다. 다시 보내지 않습니다.',
  ),
  vendorUnavailable: text<{ vendor: string }>('{vendor} was unavailable.', '서비스를 사용할 수 없었습니다: {vendor}.'),
  vendorRefused: text<{ vendor: string; reason: string }>(
    '{vendor} refused it: {reason}.',
    '서비스에서 거부했습니다: {vendor} ({reason}).',
  ),
  deviceRemoved: text<{ vendor: string }>(
    '{vendor} no longer knows the device, so it was removed.',
    '등록이 해제된 기기이므로 삭제했습니다: {vendor}.',
  ),
  noAddress: text('The user has no address left on this channel.', '이 채널에 사용할 수 있는 주소가 없습니다.'),
})

/** The texts of test notifications. They are stored. */
export const testNotification = defineMessages({
  testTitle: text('A test notification.', '테스트 알림입니다.'),
  testBody: text(
    'If you can read this, notifications reach you here.',
    '이 메시지가 보이면 이곳에서 알림을 받을 수 있습니다.',
  ),
})
