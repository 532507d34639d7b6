/**
 * Of the text before it is encrypted. Services take bodies of 4,096 bytes; the header, padding and tag of aes128gcm take 103.
 */
const mostBytes = 4_096 - 103

export interface PushTexts {
  readonly title: string
  readonly body: string
}

/** The JSON of a push message, with the body and then the title cut at the end of a character until it fits. */
export function fitPayload(texts: PushTexts, toJson: (texts: PushTexts) => string): string {
  const whole = toJson(texts)
  if (Buffer.byteLength(whole) <= mostBytes) return whole
  const body = longest(texts.body, (cut) => isShort(toJson({ ...texts, body: cut })))
  const title = body === '' ? longest(texts.title, (cut) => isShort(toJson({ title: cut, body }))) : texts.title
  return toJson({ title, body })
}

const isShort = (json: string) => Buffer.byteLength(json) <= mostBytes

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The longest start of a text that fits, with an ellipsis; '' if none fits. No character of the user is divided. */
function longest(text: string, fits: (cut: string) => boolean): string {
  const ends = [...segmenter.segment(text.slice(0, mostBytes))].map(({ index, segment }) => index + segment.length)
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(`${text.slice(0, ends[middle - 1])}…`)) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${text.slice(0, ends[low - 1])}…`
}
