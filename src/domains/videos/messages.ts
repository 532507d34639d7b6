import { defineMessages, text } from '../../platform/messages/message.ts'

export const videoMessages = defineMessages({
  notFound: text('The video was not found.', '동영상을 찾을 수 없습니다.'),
  uploadNotFound: text('The upload was not found.', '업로드를 찾을 수 없습니다.'),
  templateNotFound: text(
    'There is no template with this key. `videoTemplates` lists all.',
    '이 키의 템플릿이 없습니다. 모든 템플릿은 `videoTemplates`에서 볼 수 있습니다.',
  ),
  notAudio: text(
    'This upload is not an audio file. Upload a file of kind AUDIO.',
    '이 업로드는 오디오 파일이 아닙니다. AUDIO 종류의 파일을 업로드하세요.',
  ),
  notPicture: text(
    'This upload is not a picture. Upload a file of kind IMAGE.',
    '이 업로드는 그림이 아닙니다. IMAGE 종류의 파일을 업로드하세요.',
  ),
  uploadNotReady: text(
    'The file has not been uploaded completely. Complete the upload first.',
    '파일 업로드가 아직 완료되지 않았습니다. 먼저 업로드를 완료하세요.',
  ),
  audioDeleted: text(
    'The audio file of this video was deleted. Upload it again and make a new video.',
    '이 동영상의 오디오 파일이 삭제되었습니다. 다시 업로드하여 새 동영상을 만드세요.',
  ),
  titleLength: text('The title must have 1 to 200 characters.', '제목은 1~200자여야 합니다.'),
  invalidTitle: text(
    'The title contains a control character or an invalid Unicode character.',
    '제목에 제어 문자 또는 잘못된 유니코드 문자가 있습니다.',
  ),
  invalidColour: text(
    'A colour must have the form #rrggbb. Example: #1a2b3c.',
    '색상은 #rrggbb 형식이어야 합니다. 예: #1a2b3c.',
  ),
  invalidLanguage: text(
    'This is not a valid BCP 47 language tag. Examples: ko, pt-BR.',
    '올바른 BCP 47 언어 태그가 아닙니다. 예: ko, pt-BR.',
  ),
  templateUnavailable: text<{ template: string; setting: string }>(
    'The template {template} is not available on this server: {setting} is missing. Choose another template.',
    '이 서버에서는 사용할 수 없는 템플릿입니다: {template}. 없는 설정: {setting}. 다른 템플릿을 선택하세요.',
  ),
  finished: text(
    'The video has already finished, so it cannot be cancelled.',
    '이미 끝난 동영상이므로 취소할 수 없습니다.',
  ),
  notFinished: text(
    'The video is being made. Wait until it has finished, or cancel it.',
    '동영상을 만드는 중입니다. 끝날 때까지 기다리거나 취소하세요.',
  ),
})

/** Why a video has failed. They are stored: a key that a release has used keeps its meaning and values. */
export const videoFailures = defineMessages({
  EMPTY: text(
    'The audio file is empty. Upload another file and make a new video.',
    '오디오 파일이 비어 있습니다. 다른 파일을 업로드하여 새 동영상을 만드세요.',
  ),
  NOT_AUDIO: text(
    'The file is not an MP3, WAV or M4A file. Upload another file and make a new video.',
    'MP3, WAV 또는 M4A 파일이 아닙니다. 다른 파일을 업로드하여 새 동영상을 만드세요.',
  ),
  DAMAGED: text(
    'The audio file is damaged and cannot be played to its end. Export it again and make a new video.',
    '오디오 파일이 손상되어 끝까지 재생할 수 없습니다. 다시 내보낸 후 새 동영상을 만드세요.',
  ),
  TOO_LONG: text<{ minutes: number }>(
    'The audio file is longer than the {minutes, plural, one {# minute} other {# minutes}} of your plan. Shorten it, or switch to a larger plan.',
    '오디오 파일이 현재 요금제의 한도인 {minutes, number}분보다 깁니다. 길이를 줄이거나 더 큰 요금제로 변경하세요.',
  ),
  SILENT: text(
    'The audio file contains only silence. Upload another file and make a new video.',
    '오디오 파일에 소리가 없습니다. 다른 파일을 업로드하여 새 동영상을 만드세요.',
  ),
  NOT_A_PICTURE: text(
    'The background is not a JPEG, PNG or WebP picture. Upload another picture and make a new video.',
    '배경이 JPEG, PNG 또는 WebP 그림이 아닙니다. 다른 그림을 업로드하여 새 동영상을 만드세요.',
  ),
  PICTURE_TOO_LARGE: text(
    'The background picture has too many pixels. Upload a smaller picture and make a new video.',
    '배경 그림의 픽셀 수가 너무 많습니다. 더 작은 그림을 업로드하여 새 동영상을 만드세요.',
  ),
  PICTURE_DAMAGED: text(
    'The background picture is damaged. Upload another picture and make a new video.',
    '배경 그림이 손상되었습니다. 다른 그림을 업로드하여 새 동영상을 만드세요.',
  ),
  audioDeleted: text(
    'The audio file was deleted before the video was made. Upload it again and make a new video.',
    '동영상을 만들기 전에 오디오 파일이 삭제되었습니다. 다시 업로드하여 새 동영상을 만드세요.',
  ),
  backgroundDeleted: text(
    'The background picture was deleted before the video was made. Make a new video with another picture.',
    '동영상을 만들기 전에 배경 그림이 삭제되었습니다. 다른 그림으로 새 동영상을 만드세요.',
  ),
  transcriptAfterAudio: text(
    'All captions of your transcript start after the audio has ended. Correct the transcript and try again.',
    '대본의 모든 자막이 오디오가 끝난 뒤에 시작합니다. 대본을 고친 후 다시 시도하세요.',
  ),
  vendorUnavailable: text<{ vendor: string }>(
    '{vendor, select, fileStore {The file store} other {{vendor}}} did not respond for too long. Your credits were given back. Try again later.',
    '응답이 너무 오래 없었습니다: {vendor, select, fileStore {파일 저장소} other {{vendor}}}. 크레딧은 돌려드렸습니다. 나중에 다시 시도하세요.',
  ),
  vendorRefused: text<{ vendor: string }>(
    '{vendor} refused the request for this video. Your credits were given back. Try another file or template; if it fails again, contact support.',
    '이 동영상 요청이 거절되었습니다: {vendor}. 크레딧은 돌려드렸습니다. 다른 파일이나 템플릿으로 시도하고, 또 실패하면 고객 지원에 문의하세요.',
  ),
  renderingFailed: text(
    'The video could not be made. Your credits were given back. Try again; if it fails again, contact support.',
    '동영상을 만들 수 없습니다. 크레딧은 돌려드렸습니다. 다시 시도하고, 또 실패하면 고객 지원에 문의하세요.',
  ),
  interrupted: text(
    'Making the video was interrupted several times. Your credits were given back. Try again later.',
    '동영상 제작이 여러 번 중단되었습니다. 크레딧은 돌려드렸습니다. 나중에 다시 시도하세요.',
  ),
})
