import { formatColour, mix } from '../colours.ts'
import type { Rect, Size } from '../geometry.ts'
import { overlay } from '../graph.ts'
import { fillRounded, paintText } from '../paint.ts'
import { paintBase } from '../paint-base.ts'
import { paintCaption } from '../paint-captions.ts'
import { type Template, type VideoContent, wholeOf } from './template.ts'

interface Layout {
  readonly title: Rect
  readonly bars: Rect
  readonly captions: Rect
  readonly titleSize: number
  readonly captionSize: number
}

/** The title stands on the bars, the captions below them; apps cover the lowest sixth of a portrait video. */
function layoutOf({ width, height }: Size, hasCaptions: boolean): Layout {
  if (height > width) {
    const top = hasCaptions ? 0 : 120
    return {
      title: { x: 90, y: 240 + top, width: 900, height: 560 },
      bars: { x: 90, y: 860 + top, width: 900, height: 340 },
      captions: { x: 60, y: 1250, width: 960, height: 340 },
      titleSize: 92,
      captionSize: 58,
    }
  }
  if (height === width) {
    const top = hasCaptions ? 0 : 70
    return {
      title: { x: 80, y: 80 + top, width: 920, height: 380 },
      bars: { x: 80, y: 500 + top, width: 920, height: 270 },
      captions: { x: 60, y: 800, width: 960, height: 220 },
      titleSize: 80,
      captionSize: 48,
    }
  }
  const top = hasCaptions ? 0 : 70
  return {
    title: { x: 140, y: 90 + top, width: 1640, height: 350 },
    bars: { x: 140, y: 490 + top, width: 1640, height: 280 },
    captions: { x: 140, y: 810, width: 1640, height: 200 },
    titleSize: 96,
    captionSize: 52,
  }
}

const trackHeight = 8

/** The title, animated bars of the sound with a progress line, and captions if there are any. Needs no vendor. */
export const waveform: Template = {
  key: 'waveform',
  needs: [],
  ffmpegFilters: [],
  colours: { background: '#141a2e', text: '#ffffff', accent: '#ffb454' },
  cues: { columns: 56, hasEmphasis: false },
  plan(content) {
    const { palette, size, cues, title } = content
    const layout = layoutOf(size, cues.length > 0)
    const { bars } = layout
    const captions = {
      area: layout.captions,
      draw: (context: Parameters<typeof paintCaption>[0], cue: VideoContent['cues'][number]) =>
        paintCaption(context, cue, layout.captions, {
          ...{ weight: 500, colour: palette.text, align: 'center', anchor: 'top', palette, box: null },
          ...{ maxSize: layout.captionSize, minSize: 30, lineHeight: 1.36, maxLines: 4 },
        }),
    }
    return {
      bars,
      captions: cues.length > 0 ? captions : null,
      parts: wholeOf(content),
      stills: [
        {
          name: 'card',
          kind: 'card',
          size,
          async draw(context, pictures) {
            await paintBase(context, content, pictures, [layout.title, bars, layout.captions])
            const covered = paintText(context, title, layout.title, {
              ...{ weight: 700, colour: palette.text, align: 'start', anchor: 'bottom' },
              ...{ maxSize: layout.titleSize, minSize: 30, lineHeight: 1.26, maxLines: 10 },
            })
            const isAtRight = covered.x > layout.title.x + 1
            context.fillStyle = formatColour(palette.accent)
            const ruleX = isAtRight ? layout.title.x + layout.title.width - 88 : layout.title.x
            if (covered.height > 0) fillRounded(context, { x: ruleX, y: covered.y - 34, width: 88, height: 10 }, 5)
            // The rest of the progress line.
            context.fillStyle = formatColour(palette.text, 0.22)
            const trackY = bars.y + bars.height - trackHeight
            fillRounded(context, { ...bars, y: trackY, height: trackHeight }, trackHeight / 2)
          },
        },
        {
          name: 'bars',
          kind: 'card',
          size: bars,
          draw(context) {
            const gradient = context.createLinearGradient(0, 0, bars.width, 0)
            gradient.addColorStop(0, formatColour(palette.accent))
            gradient.addColorStop(1, formatColour(mix(palette.accent, palette.text, 0.25)))
            context.fillStyle = gradient
            context.fillRect(0, 0, bars.width, bars.height)
          },
        },
      ],
      compose(graph, _part, streams) {
        let video = graph.still('card')
        if (streams.bars !== null) {
          const coloured = graph.filter([graph.still('bars', { hasAlpha: true }), streams.bars], 'alphamerge')
          video = overlay(graph, video, coloured, bars)
        }
        return streams.captions === null ? video : overlay(graph, video, streams.captions, layout.captions)
      },
    }
  },
}
