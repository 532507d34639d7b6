import { defineMessages, text } from '../../../platform/messages/message.ts'

/** What is wrong with a transcript that a user wrote. */
export const transcriptMessages = defineMessages({
  webVttTooLarge: text<{ kibibytes: number }>(
    'The WebVTT file is too large. The maximum is {kibibytes, number} KiB.',
    'WebVTT 파일이 너무 큽니다. 최대 크기는 {kibibytes, number} KiB입니다.',
  ),
  webVttWithoutSignature: text(
    'Line 1: this is not a WebVTT file. The first line must be `WEBVTT`.',
    '1번째 줄: WebVTT 파일이 아닙니다. 첫 줄은 `WEBVTT`여야 합니다.',
  ),
  webVttWithoutTimes: text<{ line: number }>(
    'Line {line, number}: the times of a caption are missing, such as `00:00:01.000 --> 00:00:04.000`. The text of a caption must not contain an empty line.',
    '{line, number}번째 줄: 자막의 시간이 없습니다. 예: `00:00:01.000 --> 00:00:04.000`. 자막 텍스트에는 빈 줄이 있으면 안 됩니다.',
  ),
  webVttInvalidTimes: text<{ line: number }>(
    'Line {line, number}: the times are not valid. Write them as `00:00:01.000 --> 00:00:04.000`.',
    '{line, number}번째 줄: 시간이 올바르지 않습니다. `00:00:01.000 --> 00:00:04.000`과 같이 적으세요.',
  ),
  webVttEndBeforeStart: text<{ line: number }>(
    'Line {line, number}: the end of a caption must be after its start.',
    '{line, number}번째 줄: 자막의 끝 시간은 시작 시간보다 뒤여야 합니다.',
  ),
  webVttTooManyCaptions: text<{ line: number; captions: number }>(
    'Line {line, number}: the file has too many captions. The maximum is {captions, number}.',
    '{line, number}번째 줄: 자막이 너무 많습니다. 최대 {captions, number}개까지 사용할 수 있습니다.',
  ),
  webVttCaptionTooLong: text<{ line: number; characters: number }>(
    'Line {line, number}: the text of a caption is too long. The maximum is {characters, number} characters.',
    '{line, number}번째 줄: 자막 텍스트가 너무 깁니다. 최대 {characters, number}자까지 사용할 수 있습니다.',
  ),
  afterAudio: text<{ seconds: number }>(
    'All captions start after the audio has ended. It is {seconds, plural, one {# second} other {# seconds}} long.',
    '모든 자막이 오디오가 끝난 뒤에 시작합니다. 오디오 길이는 {seconds, number}초입니다.',
  ),
  emptyTranscript: text('The transcript has no text.', '대본에 텍스트가 없습니다.'),
  textTooLong: text<{ characters: number }>(
    'The text is too long. The maximum is {characters, number} characters.',
    '텍스트가 너무 깁니다. 최대 {characters, number}자까지 사용할 수 있습니다.',
  ),
})
