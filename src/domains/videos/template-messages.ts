import { defineMessages, type Message, text } from '../../platform/messages/message.ts'

export const templateMessages = defineMessages({
  waveformName: text('Waveform', '파형'),
  waveformDescription: text(
    'The title over bars that move with the sound.',
    '제목과 함께 소리에 맞춰 움직이는 막대를 보여줍니다.',
  ),
  captionsName: text('Captions', '자막'),
  captionsDescription: text(
    'The spoken words in large letters, each emphasised while it is spoken.',
    '말하는 단어를 큰 글자로 보여주고, 말하는 순간 강조합니다.',
  ),
  slideshowName: text('Slideshow', '슬라이드쇼'),
  slideshowDescription: text(
    'Pictures that fit the words, with slow movement and captions.',
    '말에 어울리는 사진을 천천히 움직이며 자막과 함께 보여줍니다.',
  ),
})

interface TemplateTexts {
  readonly name: Message
  readonly description: Message
}

const texts: Readonly<Record<string, TemplateTexts>> = {
  waveform: { name: templateMessages.waveformName(), description: templateMessages.waveformDescription() },
  captions: { name: templateMessages.captionsName(), description: templateMessages.captionsDescription() },
  slideshow: { name: templateMessages.slideshowName(), description: templateMessages.slideshowDescription() },
}

/** Throws for a template without texts, which a test finds. */
export function textsOfTemplate(key: string): TemplateTexts {
  const known = texts[key]
  if (!known) throw new Error(`template-messages.ts has no texts of the template ${key}.`)
  return known
}
