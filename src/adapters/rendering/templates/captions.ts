import { formatColour } from '../colours.ts'
import type { Rect, Size } from '../geometry.ts'
import { overlay } from '../graph.ts'
import { paintText } from '../paint.ts'
import { paintBase } from '../paint-base.ts'
import { paintCaption } from '../paint-captions.ts'
import { addProgressLine, progressLine } from './progress-line.ts'
import { type Template, wholeOf } from './template.ts'

interface Layout {
  readonly title: Rect
  readonly words: Rect
  readonly titleSize: number
  readonly wordSize: number
}

function layoutOf({ width, height }: Size): Layout {
  if (height > width) {
    return {
      title: { x: 90, y: 200, width: 900, height: 290 },
      words: { x: 60, y: 560, width: 960, height: 800 },
      titleSize: 48,
      wordSize: 116,
    }
  }
  if (height === width) {
    return {
      title: { x: 80, y: 56, width: 920, height: 226 },
      words: { x: 60, y: 290, width: 960, height: 620 },
      titleSize: 44,
      wordSize: 104,
    }
  }
  return {
    title: { x: 140, y: 80, width: 1640, height: 160 },
    words: { x: 120, y: 280, width: 1680, height: 620 },
    titleSize: 48,
    wordSize: 124,
  }
}

/** The spoken words in large letters, the current one emphasised. */
export const captions: Template = {
  key: 'captions',
  needs: ['transcript'],
  ffmpegFilters: [],
  colours: { background: '#101a17', text: '#ffffff', accent: '#5fe3a1' },
  cues: { columns: 34, hasEmphasis: true },
  plan(content) {
    const { palette, size, title } = content
    const { words, ...layout } = layoutOf(size)
    return {
      bars: null,
      parts: wholeOf(content),
      captions: {
        area: words,
        draw: (context, cue) =>
          paintCaption(context, cue, words, {
            ...{ weight: 700, colour: palette.text, align: 'center', anchor: 'middle', palette, box: null },
            ...{ maxSize: layout.wordSize, minSize: 48, lineHeight: 1.34, maxLines: 5 },
          }),
      },
      stills: [
        {
          name: 'card',
          kind: 'card',
          size,
          async draw(context, pictures) {
            await paintBase(context, content, pictures, [layout.title, words])
            paintText(context, title, layout.title, {
              ...{ weight: 500, colour: palette.quietText, align: 'center', anchor: 'top' },
              ...{ maxSize: layout.titleSize, minSize: 24, lineHeight: 1.34, maxLines: 7 },
            })
            context.fillStyle = formatColour(palette.text, 0.16)
            context.fillRect(0, size.height - progressLine.height, size.width, progressLine.height)
          },
        },
        progressLine.still(size, palette),
      ],
      compose(graph, part, streams) {
        const card = graph.still('card')
        const video = streams.captions === null ? card : overlay(graph, card, streams.captions, words)
        return addProgressLine(graph, video, size, content.frames, part)
      },
    }
  },
}
